"""What can be wrong with kept pages."""

from entrepot.kit.errors import NotFoundError, RefusedError
from entrepot.kit.text import N_


class SnapshotGoneError(NotFoundError):
    """The page is not kept any more."""

    code = "pricewatch.snapshot_gone"
    title = N_("Page not kept")
    message = N_("This page is not kept any more. Check the listing again to have a new one.")


class UnknownCaseError(NotFoundError):
    """There is no such case."""

    code = "pricewatch.unknown_case"
    title = N_("No such case")
    message = N_("There is no such case any more. Reload the page.")


class WrongAnswerError(RefusedError):
    """What was entered cannot be the answer of this field."""

    code = "pricewatch.wrong_answer"
    title = N_("Not an answer")
    message = N_(
        "“{text}” cannot be the {field} of a page. Write an amount such as 12.50, or a state such as in_stock; leave it empty"
        " if the page does not say."
    )
