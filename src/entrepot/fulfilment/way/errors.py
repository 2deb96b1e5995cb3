"""What the way refuses, in sentences that say where the order is and what to do."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class NotOnTheFloorError(NotFoundError):
    """The order never came onto the floor."""

    code = "fulfilment.not_on_the_floor"
    title = N_("Not on the floor")
    message = N_("Order {number} is not on the floor yet. Release it to picking first.")


class StageMoveError(ConflictError):
    """There is no such step."""

    code = "fulfilment.stage_move"
    title = N_("No such step")
    message = N_(
        "Order {number} is at “{stage}” and cannot go to “{to}” from there. Reload the page to see where it is."
    )


class InReviewError(RefusedError):
    """Somebody sent the order back."""

    code = "fulfilment.in_review"
    title = N_("In review")
    message = N_("Order {number} was sent back: {reason}. It goes on when somebody has resolved that on its page.")


class NotCheckedError(RefusedError):
    """The site checks what was picked before it is packed."""

    code = "fulfilment.not_checked"
    title = N_("Not checked yet")
    message = N_(
        "Order {number} must be checked before it is packed. Bring it to the check station, and finish the check there."
    )


class NotBoxedError(RefusedError):
    """The site closes boxes at a station of their own."""

    code = "fulfilment.not_boxed"
    title = N_("Not at the boxing station yet")
    message = N_("Order {number} must go to the boxing station before its parcel is closed. Bring it there.")


class ReasonMissingError(RefusedError):
    """Such a step is not made without a reason."""

    code = "fulfilment.reason_missing"
    title = N_("Reason missing")
    message = N_("Say why order {number} goes to “{to}”: the reason is kept with the step. Write a few words.")


class BooksSayOtherwiseError(RefusedError):
    """Forcing a step does not move goods."""

    code = "fulfilment.books_say_otherwise"
    title = N_("The goods are elsewhere")
    message = N_(
        "Order {number} cannot be forced to “{to}”: its goods are booked as {status}. Pick, pack or ship it first, or use express."
    )


class PriorityError(RefusedError):
    """Priorities are small numbers."""

    code = "fulfilment.priority"
    title = N_("No such priority")
    message = N_("{priority} is no priority: choose a number from 0 (none) to 9 (at once).")


class NothingToDispatchError(RefusedError):
    """It is not packed."""

    code = "fulfilment.nothing_to_dispatch"
    title = N_("Nothing to dispatch")
    message = N_("Order {number} is not packed, so there is nothing to hand over. Pack all of it first.")


class LabelledForCarrierError(RefusedError):
    """A carrier expects the parcel."""

    code = "fulfilment.labelled_for_carrier"
    title = N_("A carrier expects it")
    message = N_("Order {number} has a label of {carrier}. Cancel the label first, or give the parcel to that carrier.")


class NotDispatchedError(RefusedError):
    """It is still in the building."""

    code = "fulfilment.not_dispatched"
    title = N_("Not dispatched yet")
    message = N_("Order {number} has not left yet, so it cannot have arrived. Dispatch it first.")


class CameBackError(RefusedError):
    """Its goods are in stock again."""

    code = "fulfilment.came_back_to_stock"
    title = N_("It came back")
    message = N_("Order {number} was brought back, and its goods are in stock again: enter a new order to send them.")


class ReceiverMissingError(RefusedError):
    """Somebody took it."""

    code = "fulfilment.receiver_missing"
    title = N_("Who took it?")
    message = N_("Write down who took order {number}: a name is the proof that it arrived.")


class CannotExpressError(RefusedError):
    """Its goods are not promised, or it left."""

    code = "fulfilment.cannot_express"
    title = N_("No express")
    message = N_(
        "Order {number} cannot go straight to packed: its stock is not reserved, something of it is short, or it is packed already."
    )


class LocationFirstError(RefusedError):
    """The site wants places scanned."""

    code = "fulfilment.location_first"
    title = N_("Scan the location first")
    message = N_("Scan location {location} before you take {sku} from it.")


class ProductFirstError(RefusedError):
    """The site wants products scanned."""

    code = "fulfilment.product_first"
    title = N_("Scan the product")
    message = N_("{sku} from {location} must be scanned, piece by piece: the button is not enough here.")


class LotFirstError(RefusedError):
    """The site wants lots scanned."""

    code = "fulfilment.lot_first"
    title = N_("Scan the lot first")
    message = N_("Scan lot {lot} of {sku} in {location} first: its barcode, or the one that names product and lot.")


class WrongLotError(RefusedError):
    """Another lot is promised."""

    code = "fulfilment.wrong_lot"
    title = N_("Wrong lot")
    message = N_("That is lot {scanned} of {sku}; you need lot {lot} from {location}.")


class ExpiredLotError(RefusedError):
    """Past its date."""

    code = "fulfilment.expired_lot"
    title = N_("Past its date")
    message = N_("{sku}, lot {lot}, expired on {expired}: do not ship it. Report it as short with “Past its date”.")
