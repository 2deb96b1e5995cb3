"""What the boxing stations refuse about trays and boxes."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class ContainerNotFoundError(NotFoundError):
    """No such tray or box, or not one of the caller's."""

    code = "fulfilment.container_not_found"
    title = N_("Tray or box not found")
    message = N_("There is no tray or box “{code}” here. Scan its barcode again, or begin a box.")


class ContainerInUseError(ConflictError):
    """It is in the hands of another order."""

    code = "fulfilment.container_in_use"
    title = N_("In use")
    message = N_("“{code}” is in use for order {number}, by {name}. Take another one, or empty it at that order.")


class ContainerStateError(ConflictError):
    """It is not open, or not sealed."""

    code = "fulfilment.container_state"
    title = N_("Not possible now")
    message = N_("That cannot be done with “{code}” now: it was sealed, opened or emptied meanwhile. Reload the page.")


class NothingToBoxError(RefusedError):
    """Its goods are not off the shelf, or are packed."""

    code = "fulfilment.nothing_to_box"
    title = N_("Nothing to pack")
    message = N_("Nothing of order {number} waits for a box: not all of it is picked, or all of it is packed.")


class NoBoxOpenError(RefusedError):
    """There is no box for the thing."""

    code = "fulfilment.no_box_open"
    title = N_("Begin a box first")
    message = N_("No box of order {number} is open. Scan the barcode of a kind of box, or press “New box”.")


class NotInThisOrderError(RefusedError):
    """A known thing, but of no line of the order."""

    code = "fulfilment.not_in_this_order"
    title = N_("Not of this order")
    message = N_("That is SKU {sku} from {place}, which order {number} does not need. Put it aside.")


class AllBoxedError(RefusedError):
    """More than the order still needs."""

    code = "fulfilment.all_boxed"
    title = N_("Too many")
    message = N_("{quantity} × {sku} are too many: {left} of order {number} still go into a box. Put the rest back.")


class NotInTheBoxError(RefusedError):
    """It cannot be taken out."""

    code = "fulfilment.not_in_the_box"
    title = N_("Not in there")
    message = N_("Only {there} × {sku} are in “{code}”: {quantity} cannot be taken out.")


class EmptyBoxError(RefusedError):
    """Nothing is in it."""

    code = "fulfilment.empty_box"
    title = N_("Empty")
    message = N_("Nothing is in “{code}”. Scan what goes into it, then seal it.")


class WhyReopenedError(RefusedError):
    """A sealed box is not opened without a reason."""

    code = "fulfilment.why_reopened"
    title = N_("Reason missing")
    message = N_("Say why “{code}” is opened again: the reason is kept. Write a few words.")


class UnknownBoxCodeError(NotFoundError):
    """Nothing has the scanned code."""

    code = "fulfilment.unknown_box_code"
    title = N_("Unknown code")
    message = N_("Nothing has the code “{scanned}”: no product, no kind of box, no tray. Scan its label again.")
