"""What access refuses."""

from entrepot.kit.errors import ForbiddenError, RefusedError
from entrepot.kit.text import N_


class MissingRightError(ForbiddenError):
    """The caller is known but may not do this."""

    code = "access.missing_right"
    title = N_("Not allowed")
    message = N_("This needs the right “{right}”. Ask an owner of this hub to give you a role that has it.")


class SignInNeededError(ForbiddenError):
    """Nobody is signed in."""

    code = "access.sign_in_needed"
    title = N_("Sign in")
    message = N_("Sign in first, or send an API key.")


class ChooseSellerError(RefusedError):
    """The page shows several sellers, and this must belong to one."""

    code = "access.choose_seller"
    title = N_("Choose a seller")
    message = N_("You are looking at all sellers. Choose one at the top of the page, then do this again.")
