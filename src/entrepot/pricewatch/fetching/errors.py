"""Why a page could not be fetched, each with what to do."""

from uuid import UUID

from entrepot.kit.errors import Fact, RefusedError, UnavailableError
from entrepot.kit.text import N_


class FetchTrouble(Exception):  # noqa: N818 -- what the errors below have in common; never raised itself
    """What every error of a fetch has: its evidence."""

    status: int | None = None
    """What the store answered, if it did."""
    took_ms: int = 0
    call_id: UUID | None = None
    retry_after: int | None = None
    """Seconds after which it makes sense to try again; None: as usual."""


class FetchRefusedError(FetchTrouble, RefusedError):
    """Trying again brings the same; somebody should look at it."""


class FetchAwayError(FetchTrouble, UnavailableError):
    """Trying again later may work."""


class NotAWebAddressError(FetchRefusedError):
    """The address is not one of a web page."""

    code = "pricewatch.not_a_web_address"
    title = N_("Not a web address")
    message = N_("“{url}” is not the address of a web page. It must begin with https:// or http:// and name a host.")


class AddressRefusedError(FetchRefusedError):
    """The host is not on the public internet."""

    code = "pricewatch.address_refused"
    title = N_("Address refused")
    message = N_(
        "“{host}” is not an address on the public internet, so its pages are not fetched."
        " If you trust it, add its network to ENTREPOT_OUTSIDE_ALLOW."
    )


class BlockedError(FetchRefusedError):
    """The store does not want to be read this way."""

    code = "pricewatch.page_blocked"
    title = N_("Blocked by the store")
    message = N_(
        "{host} refuses to show the page (status {status}). Let the store be fetched by browser or by a scraper service,"
        " give it the cookies of a visit, or ask it less often."
    )


class GoneError(FetchRefusedError):
    """There is no such page any more."""

    code = "pricewatch.page_gone"
    title = N_("Page gone")
    message = N_(
        "{host} has no such page any more (status {status}). Enter the product's new address, or stop watching it."
    )


class TooLargeError(FetchRefusedError):
    """The page never ends, or nearly so."""

    code = "pricewatch.page_too_large"
    title = N_("Page too large")
    message = N_(
        "The page of {host} is larger than {limit} MB, so the rest was not read. If it is a real product page, raise"
        " ENTREPOT_FETCH_LARGEST_MB."
    )


class NotAPageError(FetchRefusedError):
    """A picture, a file: nothing with a price on it."""

    code = "pricewatch.not_a_page"
    title = N_("Not a page")
    message = N_("{host} sent “{kind}” and not a web page. Enter the address of the product's page.")


class TooManyRedirectsError(FetchRefusedError):
    """The store sends visitors in circles."""

    code = "pricewatch.too_many_redirects"
    title = N_("Too many redirects")
    message = N_(
        "{host} sent us on more than {limit} times. It may want cookies: enter those of a visit, or let the store be"
        " fetched by browser."
    )


class InsecureError(FetchRefusedError):
    """TLS does not work."""

    code = "pricewatch.page_insecure"
    title = N_("No secure connection")
    message = N_(
        "No secure connection to {host}: {reason}. Open the page in a browser; if that warns, too, the store has to put"
        " its certificate in order."
    )


class LimitedError(FetchAwayError):
    """The store says that we ask too often."""

    code = "pricewatch.page_limited"
    title = N_("Asked too often")
    message = N_(
        "{host} wants a pause: it is asked again in {retry_after} s. If that happens often, raise the store's interval."
    )

    def __init__(self, *, retry_after: int, **facts: Fact) -> None:
        super().__init__(retry_after=retry_after, **facts)
        self.retry_after = retry_after


class BusyHostError(FetchAwayError):
    """Too many pages wait for the same host."""

    code = "pricewatch.host_busy"
    title = N_("Waiting for its turn")
    message = N_(
        "Other pages of {host} come first; this one is tried again by itself. If that happens often, check its pages less"
        " often or lower the store's interval."
    )
    retry_after = 60


class StoreAwayError(FetchAwayError):
    """The store has a problem of its own."""

    code = "pricewatch.store_away"
    title = N_("Store away")
    message = N_("{host} has a problem of its own (status {status}). It is tried again by itself.")


class NoAnswerError(FetchAwayError):
    """Nothing came in time."""

    code = "pricewatch.no_answer"
    title = N_("No answer")
    message = N_("{host} did not send the page within {seconds} s. It is tried again by itself.")


class UnreachableError(FetchAwayError):
    """No connection, or it broke."""

    code = "pricewatch.store_unreachable"
    title = N_("Store not reachable")
    message = N_("{host} could not be reached: {reason}. Check the address; else it is tried again by itself.")


class BrowserMissingError(FetchRefusedError):
    """There is no browser to fetch by."""

    code = "pricewatch.browser_missing"
    title = N_("No browser")
    message = N_("There is no browser to fetch pages by: {reason}. Install Chromium, or fetch the store by HTTP.")


class BrowserFailedError(FetchAwayError):
    """The browser gave up on the page."""

    code = "pricewatch.browser_failed"
    title = N_("The browser gave up")
    message = N_("The browser could not show the page of {host}: {reason}. It is tried again by itself.")


class ServiceMissingError(FetchRefusedError):
    """No scraper service is named."""

    code = "pricewatch.service_missing"
    title = N_("No scraper service")
    message = N_(
        "The store is fetched by a scraper service, but none is named. Enter its address with the store, or set"
        " ENTREPOT_SCRAPER_URL."
    )


class ServiceFailedError(FetchAwayError):
    """The scraper service has no page for us."""

    code = "pricewatch.service_failed"
    title = N_("The scraper service failed")
    message = N_(
        "The scraper service at {host} did not bring the page: {reason}. Check that it runs and reaches the store."
    )
