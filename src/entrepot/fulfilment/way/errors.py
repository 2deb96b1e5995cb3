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
    message = N_("Order {number} must be checked before it is packed. Bring it to the check station.")


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
