"""What can go wrong with prices."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class PriceChangedError(ConflictError):
    """Somebody else changed the price meanwhile."""

    code = "offers.price_changed"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed this price. Load it again, then make your change.")


class PriceListNotFoundError(NotFoundError):
    """No such list, or not one of the caller's."""

    code = "offers.price_list_not_found"
    title = N_("Price list not found")
    message = N_("There is no price list {list}. It may have been removed.")


class PriceListChangedError(ConflictError):
    """Somebody else changed the list meanwhile."""

    code = "offers.price_list_changed"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed the price list {name}. Load the page again, then make your change.")


class ScheduleNotFoundError(NotFoundError):
    """No such planned price, or not one of the caller's."""

    code = "offers.schedule_not_found"
    title = N_("Planned price not found")
    message = N_("There is no planned price {schedule}. It may have been removed.")


class ScheduleOverError(RefusedError):
    """It has ended or was called off."""

    code = "offers.schedule_over"
    title = N_("Already over")
    message = N_("This planned price is over already. Plan a new one.")


class EditNotFoundError(NotFoundError):
    """No such change of many prices, or not one of the caller's."""

    code = "offers.edit_not_found"
    title = N_("Change not found")
    message = N_("There is no change {edit}. Previews that nobody applied are removed after a week; make a new one.")


class EditDoneError(RefusedError):
    """It was applied, or taken back, before."""

    code = "offers.edit_done"
    title = N_("Already done")
    message = N_("Somebody did that already. Load the page again to see what became of it.")


class NothingToEditError(RefusedError):
    """No offer fits."""

    code = "offers.nothing_to_edit"
    title = N_("No offers")
    message = N_("No offer fits. Pick offers in the list, or choose other filters.")


class TooManyOffersError(RefusedError):
    """More than one transaction should change."""

    code = "offers.too_many_offers"
    title = N_("Too many offers")
    message = N_("{count} offers fit; at most {most} are changed at once. Narrow the filters, or import a file.")
