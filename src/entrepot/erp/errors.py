"""What can go wrong between us and an ERP, told apart by who has to act."""

from entrepot.kit.errors import (
    ConflictError,
    EntrepotError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from entrepot.kit.text import N_


class ErpAwayError(UnavailableError):
    """The ERP, or the folder it reads, cannot be reached now."""

    code = "erp.away"
    title = N_("ERP away")
    message = N_("{erp} cannot be reached ({reason}). Nothing was changed; it is tried again by itself.")


class ErpCredentialsRejectedError(RefusedError):
    """The ERP does not accept our credentials."""

    code = "erp.credentials_rejected"
    title = N_("Credentials rejected")
    message = N_(
        "{erp} does not accept the credentials ({reason}). Check user, password and database, and enter them again."
    )


class ErpIncompleteError(RefusedError):
    """Something the connector needs is not there: a table, a column, a folder, a right."""

    code = "erp.incomplete"
    title = N_("Something is missing")
    message = N_("{erp} cannot be used yet: {problems}")


class ErpAddressRefusedError(RefusedError):
    """The account points into a network or a folder that the operator has not allowed."""

    code = "erp.address_refused"
    title = N_("Address refused")
    message = N_("“{address}” may not be used: {reason}")


class ErpFolderMissingError(UnavailableError):
    """The folder that files are dropped into is not there: never made, or not mounted now."""

    code = "erp.folder_missing"
    title = N_("Folder missing")
    message = N_("There is no folder {folder}. Make it, or mount it again; what waits is then handed over by itself.")


class ErpFolderClosedError(UnavailableError):
    """The folder that files are dropped into may not be written to."""

    code = "erp.folder_closed"
    title = N_("Folder cannot be written to")
    message = N_(
        "Nothing can be written into {folder}. Let Entrepot write there; what waits is then handed over by itself."
    )


class ErpFolderFullError(UnavailableError):
    """The folder that files are dropped into has no room left."""

    code = "erp.folder_full"
    title = N_("Folder full")
    message = N_("{folder} is full. Make room there; what waits is then handed over by itself.")


class ErpFolderAwayError(UnavailableError):
    """The folder that files are dropped into does not work."""

    code = "erp.folder_away"
    title = N_("Folder away")
    message = N_("{folder} cannot be used ({reason}). What waits is handed over by itself once it works again.")


class ErpDriverMissingError(RefusedError):
    """The optional package that speaks to this ERP is not installed."""

    code = "erp.driver_missing"
    title = N_("Driver missing")
    message = N_("The driver for {database} is not installed. Install “{extra}”, then start Entrepot again.")


class NothingListedError(UnavailableError):
    """The ERP had articles and lists none now: a lost right or a restored database, hardly an emptied shop."""

    code = "erp.nothing_listed"
    title = N_("No articles listed")
    message = N_(
        "{erp} listed no articles at all, although it had some. That is not believed: the last numbers count. "
        "Check the rights of the login and the database in the credentials."
    )


class ErpUnexpectedError(EntrepotError):
    """The ERP answered something its documentation does not describe."""

    code = "erp.unexpected"
    title = N_("Unexpected answer")
    message = N_("{erp} answered something unexpected: {reason}. Report this with the recorded call.")


class ErpAccountNotFoundError(NotFoundError):
    """No such account, or not one of the caller's."""

    code = "erp.account_not_found"
    title = N_("ERP account not found")
    message = N_("There is no ERP account {account_id}. It may have been removed.")


class UnknownErpError(NotFoundError):
    """No connector of that name is installed."""

    code = "erp.unknown_erp"
    title = N_("Unknown ERP")
    message = N_("There is no ERP connector “{erp}” here. Install it, or choose another one.")


class ErpNameTakenError(ConflictError):
    """Two accounts of one seller would have the same name."""

    code = "erp.name_taken"
    title = N_("Name taken")
    message = N_("There already is an ERP account “{name}”. Choose another name.")


class ErpPausedError(RefusedError):
    """The account is paused, or its credentials were rejected."""

    code = "erp.paused"
    title = N_("ERP account paused")
    message = N_("“{name}” is paused. Switch it on on its page, then do this again.")


class ErpCannotDoThatError(RefusedError):
    """The connector has no such capability."""

    code = "erp.no_capability"
    title = N_("Not supported")
    message = N_("{erp} cannot do this ({capability}).")


class PartnerNotFoundError(NotFoundError):
    """The channel account to join is not there, or is somebody else's."""

    code = "erp.partner_not_found"
    title = N_("Channel account not found")
    message = N_("There is no channel account {account_id} that could be joined. It may have been removed.")


class ErpWarehouseUnknownError(RefusedError):
    """A warehouse was chosen that the ERP does not have."""

    code = "erp.warehouse_unknown"
    title = N_("Unknown warehouse")
    message = N_("{erp} has no warehouse “{warehouse}”. Test the account to read its warehouses again.")


class HandOverNotFoundError(NotFoundError):
    """Nothing was handed over under that number."""

    code = "erp.hand_over_not_found"
    title = N_("Hand-over not found")
    message = N_("No order was handed over as {reference}.")
