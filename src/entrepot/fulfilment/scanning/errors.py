"""Why something scanned on a device cannot be applied, or is not even looked at."""

from entrepot.kit.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from entrepot.kit.text import N_


class ScanSessionNotFoundError(NotFoundError):
    """No such session, or not one of the caller's sellers'."""

    code = "fulfilment.scan_session_not_found"
    title = N_("Scan session not found")
    message = N_("There is no scan session {session}. Take the list again: what you scanned stays on the device.")


class ScansOfAnotherError(ForbiddenError):
    """Nobody sends what somebody else scanned."""

    code = "fulfilment.scans_of_another"
    title = N_("Somebody else's scans")
    message = N_("These scans on list {number} are {name}'s. They are sent when {name} signs in on this device again.")


class ListTakenOverError(ConflictError):
    """Somebody else has the list by now."""

    code = "fulfilment.list_taken_over"
    title = N_("Taken over")
    message = N_("{name} took list {number} over in the meantime. Give {name} what you picked since.")


class PickedMeanwhileError(ConflictError):
    """The line was dealt with before the scan arrived."""

    code = "fulfilment.picked_meanwhile"
    title = N_("Picked by somebody else")
    message = N_("{sku} from {location} was dealt with by {name} in the meantime. Put yours back in {location}.")


class OrderGoneMeanwhileError(ConflictError):
    """Nobody waits for the goods any more."""

    code = "fulfilment.order_gone_meanwhile"
    title = N_("Order cancelled")
    message = N_("Order {number} was cancelled in the meantime. Put {sku} back in {location}.")


class BooksRefuseError(ConflictError):
    """A rule of the database forbids it."""

    code = "fulfilment.books_refuse"
    title = N_("The books say otherwise")
    message = N_("The books do not allow this: {rule}. Count the place, then decide.")


class CountedTwiceError(ConflictError):
    """Two acts of a session have the same number: their order is not known, or somebody scanned in two windows."""

    code = "fulfilment.counted_twice"
    title = N_("Two scans in one place")
    message = N_("This device sent two scans as number {sequence}. Count what was picked of the line, then decide.")


class NothingToTakeBackError(ConflictError):
    """What is to be undone never arrived."""

    code = "fulfilment.nothing_to_take_back"
    title = N_("Nothing to undo")
    message = N_("The scan that was undone never arrived here, so nothing was changed. Look at the line once more.")


class ScanConflictNotFoundError(NotFoundError):
    """No such conflict, or not one of the caller's sellers'."""

    code = "fulfilment.scan_conflict_not_found"
    title = N_("Scan not found")
    message = N_("No scan {scan} waits for a decision. It may belong to another seller; reload the list.")


class ScanConflictDecidedError(ConflictError):
    """Somebody was quicker."""

    code = "fulfilment.scan_conflict_decided"
    title = N_("Decided already")
    message = N_("{name} has decided about this scan already. Reload the list.")


class DecisionReasonMissingError(InvalidInputError):
    """A decision without a reason helps nobody later."""

    code = "fulfilment.decision_reason_missing"
