"""What boards and reports refuse."""

from entrepot.kit.errors import NotFoundError, RefusedError
from entrepot.kit.text import N_


class SiteNotFoundError(NotFoundError):
    """No such building, or not one of the caller's."""

    code = "fulfilment.site_not_found"
    title = N_("Warehouse not found")
    message = N_("There is no such warehouse. It may belong to another seller; choose one from the list.")


class BadDaysError(RefusedError):
    """A range of days cannot be used."""

    code = "fulfilment.bad_days"
    title = N_("Days")
    message = N_("The days cannot be used: write them like 2026-11-21, the first not after the last, at most {most} days apart.")  # fmt: skip
