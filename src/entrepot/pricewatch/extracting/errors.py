"""What can be wrong with the way a store is read."""

from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_


class SelectorBrokenError(RefusedError):
    """A selector is not written as selectors are, or must not run."""

    code = "pricewatch.selector_broken"
    title = N_("The selector does not work")
    message = N_("The selector {selector} does not work: {reason}.")
