"""What can go wrong with watched prices."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from entrepot.kit.text import N_


class WatchedProductNotFoundError(NotFoundError):
    """No such watched product, or not one of the caller's."""

    code = "pricewatch.product_not_found"
    title = N_("Watched product not found")
    message = N_("There is no watched product {product}. It may have been removed.")


class ListingNotFoundError(NotFoundError):
    """No such listing, or not one of the caller's."""

    code = "pricewatch.listing_not_found"
    title = N_("Listing not found")
    message = N_("There is no listing {listing}. It may have been removed.")


class StoreNotFoundError(NotFoundError):
    """No such store, or not one of the caller's."""

    code = "pricewatch.store_not_found"
    title = N_("Store not found")
    message = N_("There is no store {store}. It may have been removed.")


class GroupNotFoundError(NotFoundError):
    """No such group, or not one of the caller's."""

    code = "pricewatch.group_not_found"
    title = N_("Group not found")
    message = N_("There is no group {group}. It may have been removed.")


class CatalogProductNotFoundError(NotFoundError):
    """No such product in the catalogue, or not one of the caller's."""

    code = "pricewatch.catalog_product_not_found"
    title = N_("Product not found")
    message = N_("There is no product {product} in the catalogue. Check the SKU, or leave it empty.")


class AddressUnusableError(RefusedError):
    """What was pasted is not the address of a page."""

    code = "pricewatch.address_unusable"
    title = N_("Not an address of a page")
    message = N_(
        "“{url}” is not the address of a web page. Paste it from the browser; it begins with https:// or http://."
    )


class WatchedAlreadyError(ConflictError):
    """The page is watched already."""

    code = "pricewatch.watched_already"
    title = N_("Watched already")
    message = N_("You watch this page already under “{product}”.")


class NotWatchedError(NotFoundError):
    """Nobody watches the page."""

    code = "pricewatch.not_watched"
    title = N_("Not watched")
    message = N_("The page {url} is not watched. Watch it first, or send “watch”: true.")


class DomainTakenError(ConflictError):
    """Another store of the seller has the host."""

    code = "pricewatch.domain_taken"
    title = N_("Belongs to another store")
    message = N_("{domain} belongs to the store “{store}” already. Change that one, or take the domain away from it.")


class ChangedMeanwhileError(ConflictError):
    """Somebody else changed it."""

    code = "pricewatch.changed"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed “{name}”. Load the page again, then make your change.")


class StoreInUseError(RefusedError):
    """Listings are on it."""

    code = "pricewatch.store_in_use"
    title = N_("Store in use")
    message = N_("{count} listing(s) are in “{store}”. Remove or move them first, then remove the store.")


class GroupNameTakenError(ConflictError):
    """Two groups of one name."""

    code = "pricewatch.group_name_taken"
    title = N_("Name taken")
    message = N_("There is a group “{name}” already. Choose another name.")


class OldAnswersChangeError(RefusedError):
    """New selectors would read kept pages differently."""

    code = "pricewatch.old_answers_change"
    title = N_("Old answers would change")
    message = N_(
        "With this change {count} answer(s) from kept pages of “{store}” would be different, so it was not saved."
        " The differences are shown; correct the selectors, or say that the old answer was wrong."
    )


class SharedStoreUnreadableError(RefusedError):
    """A file that is no definition of a store."""

    code = "pricewatch.shared_store_unreadable"
    title = N_("Not a store")
    message = N_("This is not the definition of a store: {reason}. Export one to see the form.")


class SearchNotSetUpError(RefusedError):
    """Nobody said where SearXNG is."""

    code = "pricewatch.search_not_set_up"
    title = N_("Search not set up")
    message = N_("No search engine is set up. Give the address of a SearXNG instance in ENTREPOT_SEARXNG_URL.")


class SearchFailedError(UnavailableError):
    """SearXNG does not answer as it should."""

    code = "pricewatch.search_failed"
    title = N_("Search failed")
    message = N_(
        "The search engine did not answer with results: {reason}. Check that its settings allow the format “json”."
    )


class LookBrokeError(UnavailableError):
    """A mistake of ours, with one page."""

    code = "pricewatch.look_broke"
    title = N_("Page not read")
    message = N_(
        "The page could not be read, because of a mistake in Entrepot. It is tried again by itself. If that goes on,"
        " report the page's address with what the log says."
    )


class TooManyLinesError(RefusedError):
    """More addresses at once than one request takes."""

    code = "pricewatch.too_many_lines"
    title = N_("Too many lines")
    message = N_("{count} lines are more than {most} at once. Split them.")


class BadCursorError(RefusedError):
    """A cursor that was not one of ours."""

    code = "pricewatch.bad_cursor"
    title = N_("Not a cursor")
    message = N_(
        "“{cursor}” is not a cursor. Leave it out for the first page, then use “next” of each answer as it is."
    )
