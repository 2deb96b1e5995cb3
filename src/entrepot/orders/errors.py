"""What orders refuse."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class OrderNotFoundError(NotFoundError):
    """No such order, or not one of the caller's."""

    code = "orders.order_not_found"
    title = N_("Order not found")
    message = N_(
        "There is no order {order}. It may belong to another seller; search for its number in the list of orders."
    )


class OrderLineNotFoundError(NotFoundError):
    """The order has no such line."""

    code = "orders.line_not_found"
    title = N_("Order line not found")
    message = N_("Order {number} has no line {line}. Reload the order.")


class IllegalMoveError(ConflictError):
    """An order cannot go where somebody wants it to."""

    code = "orders.illegal_move"
    title = N_("Not possible now")
    message = N_("Order {number} is not at the point where this can be done. Reload the page to see how far it is.")


class OrderHeldError(RefusedError):
    """A held order does not move."""

    code = "orders.held"
    title = N_("Order on hold")
    message = N_("Order {number} is on hold: {reason}. Let it go first.")


class AlreadyOnFloorError(RefusedError):
    """Lines of an order that is being picked do not change."""

    code = "orders.on_the_floor"
    title = N_("Too late to change")
    message = N_("The lines of order {number} can only be changed before it is released to picking.")


class TooLateToCancelError(RefusedError):
    """The goods left."""

    code = "orders.too_late_to_cancel"
    title = N_("Too late to cancel")
    message = N_("The parcel of order {number} left. Ask the carrier to stop it, or expect a return.")


class CancelNeedsConfirmationError(RefusedError):
    """Goods are off the shelf; somebody has to put them back."""

    code = "orders.cancel_needs_confirmation"
    title = N_("Goods are off the shelf")
    message = N_("Cancel order {number} again with “put back” confirmed: its goods must go back to the shelf.")


class LineOfChannelError(RefusedError):
    """The channel owns the line."""

    code = "orders.line_of_channel"
    title = N_("Line of the channel")
    message = N_("{sku}: the buyer ordered {ordered}; a channel's line cannot grow. Add a line instead.")


class UnitsGoneError(RefusedError):
    """More units are already shipped than the new quantity."""

    code = "orders.units_gone"
    title = N_("Already shipped")
    message = N_("{sku}: {shipped} units are already shipped, so the quantity cannot be {quantity}.")


class UnknownProductError(RefusedError):
    """A SKU that the catalogue does not have."""

    code = "orders.unknown_product"
    title = N_("Unknown SKU")
    message = N_("The catalogue has no product {sku}. Check the SKU, or add the product first.")


class AttentionStaysError(RefusedError):
    """A reason that goes away only with its cause."""

    code = "orders.attention_stays"
    title = N_("Cannot be waved through")
    message = N_("Order {number}: “{reason}” goes away only when its cause does. {what_to_do}")


class OrderChangedMeanwhileError(ConflictError):
    """Somebody else changed the order."""

    code = "orders.changed_meanwhile"
    title = N_("Changed meanwhile")
    message = N_("Order {number} was changed meanwhile. Reload it, then do this again.")


class ReferenceTakenError(ConflictError):
    """An order with this number exists."""

    code = "orders.number_taken"
    title = N_("Number taken")
    message = N_("There already is an order {number}. Leave the number empty, or choose another.")
