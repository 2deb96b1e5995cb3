"""What can go wrong with returns."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class ReturnNotFoundError(NotFoundError):
    """No such return, or not one of the caller's."""

    code = "returns.return_not_found"
    title = N_("Return not found")
    message = N_("There is no return {found}. Go back to the list of returns.")


class ReturnLineNotFoundError(NotFoundError):
    """No such line in this return."""

    code = "returns.line_not_found"
    title = N_("Line not found")
    message = N_("This return has no line {line}. Load it again.")


class HandledMeanwhileError(ConflictError):
    """Somebody else decided, or changed the return."""

    code = "returns.changed"
    title = N_("Changed meanwhile")
    message = N_("Return {number} was changed meanwhile. Load it again, then decide.")


class AlreadyHandledError(ConflictError):
    """The line has its decision."""

    code = "returns.already_handled"
    title = N_("Already handled")
    message = N_("This line of return {number} is already handled or being handled. Load the return again.")


class ByChannelError(RefusedError):
    """The channel takes the goods back."""

    code = "returns.by_channel"
    title = N_("The channel handles it")
    message = N_("{channel} takes the goods of return {number} back itself. There is nothing to do here.")


class TooManyUnitsError(RefusedError):
    """More came back than was announced."""

    code = "returns.too_many"
    title = N_("Too many units")
    message = N_("Enter a number from 1 to {most}: that is how many are expected back.")


class NotThatManySentError(RefusedError):
    """Everything that was sent came back, or nothing was sent."""

    code = "returns.none_left"
    title = N_("Nothing left to come back")
    message = N_("All {sku} of this order that was sent is registered as returned already, or none was sent yet.")


class RegistrationInDoubtError(RefusedError):
    """The channel was asked to register it, and nobody knows whether it did."""

    code = "returns.registration_in_doubt"
    title = N_("Not known whether it arrived")
    message = N_(
        "It is not known whether the channel registered this return before the connection broke. Look there: if it did, "
        "read returns now; if not, decide again."
    )


class GoodsStayError(RefusedError):
    """The buyer keeps what should go to stock."""

    code = "returns.goods_stay"
    title = N_("Nothing to put back")
    message = N_("The buyer keeps these goods, so none can go to stock or be written off. Choose “Not here” for them.")


class UnknownGoodsError(RefusedError):
    """Nobody knows which product came back."""

    code = "returns.unknown_product"
    title = N_("Unknown product")
    message = N_(
        "Nobody knows which product “{title}” is, so it cannot go back to stock. "
        "Add a product with GTIN {gtin}, or write the goods off."
    )


class NoLocationError(RefusedError):
    """It is not said where the goods go."""

    code = "returns.no_location"
    title = N_("Choose a location")
    message = N_("Choose the location that the goods are put in.")


class BadCursorError(RefusedError):
    """A cursor that was not one of ours."""

    code = "returns.bad_cursor"
    title = N_("Not a cursor")
    message = N_("“{cursor}” is not a cursor of an earlier answer. Leave it out to begin anew.")
