"""What can be wrong with the way a store is read."""

from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_


class SelectorBrokenError(RefusedError):
    """A selector is not written as selectors are, or must not run."""

    code = "pricewatch.selector_broken"
    title = N_("The selector does not work")
    message = N_("The selector {selector} does not work: {reason}.")


class AnswerUnusableError(RefusedError):
    """A language model answered something else than was asked for."""

    code = "pricewatch.ai_answer_unusable"
    title = N_("The model's answer cannot be used")
    message = N_("The answer of the language model cannot be used: {reason}. Try again, or choose another model.")
