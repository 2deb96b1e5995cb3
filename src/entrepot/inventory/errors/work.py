"""What is refused about lots, put-away, pick faces, labels and reorganisation, in sentences."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_

# Lots


class UnknownLotError(NotFoundError):
    """No such lot of this product, or not there."""

    code = "inventory.unknown_lot"
    title = N_("Unknown lot")
    message = N_("There is no lot “{lot}” of {sku} here. Scan the label of the goods again.")


class LotPromisedError(RefusedError):
    """All of it is promised to others."""

    code = "inventory.lot_promised"
    title = N_("Promised to others")
    message = N_(
        "All {on_hand} of lot {lot} of {sku} in {location} are promised to other orders. Take the lot that the list says, "
        "or report it as short."
    )


class BadLotCodeError(RefusedError):
    """Nothing a label says."""

    code = "inventory.bad_lot"
    title = N_("Not a lot")
    message = N_("“{lot}” cannot be a lot of {sku}. Enter what the label says, {most} signs at most.")


class BadExpiryError(RefusedError):
    """A day nobody can mean."""

    code = "inventory.bad_expiry"
    title = N_("Not an expiry date")
    message = N_("{date} cannot be when lot {lot} of {sku} expires. Look at the label again; write it like 2027-06-30.")


class LotMissingError(RefusedError):
    """The product is kept by lot."""

    code = "inventory.lot_missing"
    title = N_("Which lot?")
    message = N_("{sku} is kept by lot. Scan or type the lot that its label says.")


class LotUnclearError(RefusedError):
    """Several lots lie there."""

    code = "inventory.lot_unclear"
    title = N_("Which lot?")
    message = N_("Several lots of {sku} lie in {location}: {lots}. Say which one.")


class LotDateDiffersError(RefusedError):
    """Books and label disagree."""

    code = "inventory.lot_date_differs"
    title = N_("Another expiry date")
    message = N_(
        "Lot {lot} of {sku} expires on {known} in the books, not on {said}. Look at the label again; if the books are "
        "wrong, correct the date on the page of the lot."
    )


class LotExpiredError(RefusedError):
    """Goods past their day."""

    code = "inventory.lot_expired"
    title = N_("Expired")
    message = N_("Lot {lot} of {sku} expired on {date}. Put it into a quarantine location; it cannot be sold.")


class LotReasonMissingError(RefusedError):
    """Every change of a lot's state is explained."""

    code = "inventory.lot_reason_missing"
    title = N_("Reason missing")
    message = N_("Say why lot {lot} of {sku} changes: its history keeps the reason.")


class LotStateError(ConflictError):
    """It is in that state already."""

    code = "inventory.lot_state"
    title = N_("Done already")
    message = N_("Lot {lot} of {sku} is in that state already. Somebody was quicker; look at its history.")


# Put-away


class NothingWaitsError(RefusedError):
    """There is none to put away."""

    code = "inventory.nothing_waits"
    title = N_("None to put away")
    message = N_("No {sku} waits in {location}. Receive it first, or scan what is in your hands.")


class NotForStorageError(RefusedError):
    """Goods do not stay in such a place."""

    code = "inventory.not_for_storage"
    title = N_("Not a place for stock")
    message = N_("{location} is not a place where {sku} can stay. Scan a shelf, a box or a slot.")


class NoRoomError(RefusedError):
    """The place is full."""

    code = "inventory.no_room"
    title = N_("No room")
    message = N_("{quantity} of {sku} do not fit into {location}: {room} more units fit. Take another place.")


class ScanProductFirstError(RefusedError):
    """A place was scanned when a product was needed."""

    code = "inventory.scan_product_first"
    title = N_("Product first")
    message = N_("{code} is a location. Scan the product in your hands first.")


class ScanLocationError(RefusedError):
    """A product was scanned when a place was needed."""

    code = "inventory.scan_location"
    title = N_("Location now")
    message = N_("{code} is a product. Scan the label of {location}.")


class UnknownScanError(NotFoundError):
    """Neither a product nor a place."""

    code = "inventory.unknown_scan"
    title = N_("Unknown barcode")
    message = N_("“{code}” is neither a product nor a location. Nothing was done; scan again, or type the code.")


class WrongPlaceError(RefusedError):
    """Another place than the task says."""

    code = "inventory.wrong_place"
    title = N_("Wrong place")
    message = N_("That is {scanned}; you need {wanted}. Nothing was moved.")


class WrongGoodsError(RefusedError):
    """Another product than the task says."""

    code = "inventory.wrong_goods"
    title = N_("Wrong product")
    message = N_("That is {scanned}; you need {wanted} from {location}. Nothing was moved.")


# Pick faces


class BadPickFaceError(RefusedError):
    """Minimum and maximum make no sense."""

    code = "inventory.bad_pick_face"
    title = N_("Not a minimum and a maximum")
    message = N_(
        "{minimum} to {maximum} of {sku} in {location} makes no sense. Enter a minimum from 1 and a maximum not below it."
    )


class UnknownPickFaceError(NotFoundError):
    """No such pick face."""

    code = "inventory.unknown_pick_face"
    title = N_("Unknown pick face")
    message = N_("There is no such pick face. Somebody may have removed it.")


class ReplenishmentGoneError(ConflictError):
    """The task is done or was replaced."""

    code = "inventory.replenishment_gone"
    title = N_("No longer to bring")
    message = N_("This is no longer on the list: somebody brought it, or the list was made anew. Go on with the next.")


class BringTooMuchError(RefusedError):
    """More than the list asks for."""

    code = "inventory.bring_too_much"
    title = N_("More than asked for")
    message = N_(
        "{quantity} of {sku} are more than the {asked} that are to go to {location}. Bring those, or move the rest by hand."
    )


# Counts


class RecountNeededError(RefusedError):
    """Differences have to be counted twice."""

    code = "inventory.recount_needed"
    title = N_("Count again")
    message = N_(
        "{lines} lines of “{title}” differ from the books and were counted once. Have them counted again first."
    )


# Labels


class NothingToPrintError(RefusedError):
    """Nothing was selected."""

    code = "inventory.nothing_to_print"
    title = N_("Nothing selected")
    message = N_("No label was asked for. Tick the rows to print, {most} labels at most.")


# Reorganisation


class NothingToGainError(RefusedError):
    """The way it lies is as good as we can make it."""

    code = "inventory.nothing_to_gain"
    title = N_("Nothing to gain")
    message = N_("No swap in {where} would shorten the way for the orders of the last {days} days ({orders} orders).")


class UnknownReorganisationError(NotFoundError):
    """No such plan."""

    code = "inventory.unknown_reorganisation"
    title = N_("Unknown plan")
    message = N_("There is no such plan. It may have been removed with its seller.")


class ReorganisationClosedError(ConflictError):
    """Done or stopped."""

    code = "inventory.reorganisation_closed"
    title = N_("Plan closed")
    message = N_("This plan is done or was stopped. Make a new one to go on.")


class SwapStaleError(ConflictError):
    """Something else lies there now."""

    code = "inventory.swap_stale"
    title = N_("Something else lies there now")
    message = N_(
        "In {location} lies something else than when the plan was made. Nothing was moved; skip this swap, or make a new plan."
    )


class BadPeriodError(RefusedError):
    """Not a number of days."""

    code = "inventory.bad_period"
    title = N_("Not a number of days")
    message = N_("“{days}” is not a number of days. Enter 1 to {most}.")
