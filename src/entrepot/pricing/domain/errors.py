"""What can be wrong with a formula that somebody typed."""

from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_


class FormulaError(RefusedError):
    """A formula that cannot be read."""

    code = "pricing.formula_unreadable"
    title = N_("The formula cannot be read")
    message = N_("“{found}” at character {at} does not belong there. Write for example MAX(purchase_price * 1.2, map).")


class FormulaEndsError(FormulaError):
    """It stops in the middle."""

    code = "pricing.formula_ends"
    message = N_("The formula stops in the middle: a number, a name or a bracket is missing at its end.")


class FormulaNameError(FormulaError):
    """It names what does not exist."""

    code = "pricing.formula_name"
    message = N_("“{found}” is not known. Use one of: {names}.")


class FormulaArgumentsError(FormulaError):
    """A function got too few or too many."""

    code = "pricing.formula_arguments"
    message = N_("{found} needs {expected}, separated by commas.")


class FormulaLongError(FormulaError):
    """It is longer, or deeper, than anybody needs."""

    code = "pricing.formula_long"
    message = N_("The formula is too long. Use at most {most} characters and {depth} brackets inside each other.")
