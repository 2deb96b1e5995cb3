"""What can go wrong with offers."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class OfferNotFoundError(NotFoundError):
    """No such offer, or not one of the caller's."""

    code = "offers.offer_not_found"
    title = N_("Offer not found")
    message = N_("There is no offer {offer}. It may have been removed.")


class NoSuchProductError(NotFoundError):
    """No such product, or not one of the caller's."""

    code = "offers.product_not_found"
    title = N_("Product not found")
    message = N_("There is no product {product}. It may have been removed.")


class OfferChangedError(ConflictError):
    """Somebody else changed the offer meanwhile."""

    code = "offers.offer_changed"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed this offer. Load it again, then make your change.")


class RulesChangedError(ConflictError):
    """Somebody else changed the account's rules meanwhile."""

    code = "offers.rules_changed"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed the stock settings of {name}. Load the page again, then make your change.")


class OfferGoneError(RefusedError):
    """The channel has no such offer any more."""

    code = "offers.gone"
    title = N_("No longer on the channel")
    message = N_("Offer {offer} was not on the channel when it was last read. Read the offers again if it is back.")


class NotOurStockError(RefusedError):
    """The channel counts these goods itself."""

    code = "offers.not_our_stock"
    title = N_("Kept by the channel")
    message = N_("The channel keeps the goods of offer {offer} and counts them itself; there is nothing to publish.")


class UnmatchedOfferError(RefusedError):
    """Nobody said which product the offer is."""

    code = "offers.unmatched"
    title = N_("No product")
    message = N_("Offer {offer} belongs to no product yet. Link it to one, then publish it.")


class BadCursorError(RefusedError):
    """A cursor that was not one of ours."""

    code = "offers.bad_cursor"
    title = N_("Not a cursor")
    message = N_(
        "“{cursor}” is not a cursor. Leave it out for the first page, then use “next” of each answer as it is."
    )
