"""What carts, the put wall and lot swaps refuse, in sentences that name the thing."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class ToteInUseError(ConflictError):
    """It holds another order."""

    code = "fulfilment.tote_in_use"
    title = N_("Tote in use")
    message = N_("Tote {tote} holds order {number} of list {pick_list} ({name}). Take an empty one.")


class ToteOfOthersError(ConflictError):
    """It holds an order of a seller whom the caller does not work for."""

    code = "fulfilment.tote_of_others"
    title = N_("Tote in use")
    message = N_("Tote {tote} holds an order of another seller. Take an empty one.")


class NotAToteError(RefusedError):
    """Nothing that can be on a tote."""

    code = "fulfilment.not_a_tote"
    title = N_("Not a tote")
    message = N_("“{scanned}” cannot be the code of a tote. Scan the barcode on the tote.")


class ToteIsLocationError(NotAToteError):
    """The code of a location."""

    message = N_("“{scanned}” is a location, not a tote. Scan the barcode on the tote.")


class ToteIsProductError(NotAToteError):
    """The code of a product."""

    message = N_("“{scanned}” is a product, not a tote. Scan the barcode on the tote.")


class AllInTotesError(RefusedError):
    """Every order of the cart has a tote."""

    code = "fulfilment.all_in_totes"
    title = N_("Every order has a tote")
    message = N_("Every order of list {number} has its tote: tote {tote} is not needed. Begin to pick.")


class WrongToteError(RefusedError):
    """The goods belong into another one."""

    code = "fulfilment.wrong_tote"
    title = N_("Wrong tote")
    message = N_("That is tote {scanned} of order {number}; {sku} goes into tote {tote} of order {wanted}.")


class ToteNotFoundError(NotFoundError):
    """No tote in use is called so."""

    code = "fulfilment.tote_not_found"
    title = N_("Not in use")
    message = N_("No order is in a tote called “{tote}”. It is empty, or it was packed already.")


class NothingToSortError(RefusedError):
    """Every picked piece of it is in its compartment."""

    code = "fulfilment.nothing_to_sort"
    title = N_("Nothing left to sort")
    message = N_("Every picked piece of {sku} is sorted already. Put this one aside and count what is on the wall.")


class NotOnTheWallError(RefusedError):
    """None of the orders wants it."""

    code = "fulfilment.not_on_the_wall"
    title = N_("Belongs to none of these orders")
    message = N_("That is {scanned}: no order of list {number} wants it. Put it aside; it belongs on a shelf.")


class NoSingleError(NotFoundError):
    """No single-piece order waits for it."""

    code = "fulfilment.no_single"
    title = N_("No order waits for it")
    message = N_("No picked order of one single piece waits for {sku}. Put it aside; it belongs on a shelf.")


class OtherLotError(RefusedError):
    """Another lot of the right product: it may be taken, with a reason."""

    code = "fulfilment.other_lot"
    title = N_("Another lot")
    message = N_(
        "That is lot {scanned} of {sku}; the list says lot {lot} from {location}. Take that one, or say why you take lot {scanned}."
    )


class SwapReasonError(RefusedError):
    """Nobody said why, or something that is not on the list."""

    code = "fulfilment.swap_reason"
    title = N_("Reason missing")
    message = N_("Say why you take lot {scanned} of {sku} instead of lot {lot}: choose one of the reasons.")


class QuarantinedLotError(RefusedError):
    """It was set aside."""

    code = "fulfilment.quarantined_lot"
    title = N_("In quarantine")
    message = N_("Lot {lot} of {sku} is in quarantine: do not ship it. Put it aside and take another lot.")


class NoSuchPersonError(NotFoundError):
    """Nobody of the seller is called so."""

    code = "fulfilment.no_such_person"
    title = N_("Who?")
    message = N_("Choose somebody who works here and may pick.")
