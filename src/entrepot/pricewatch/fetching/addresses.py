"""Addresses of pages: which may be asked for, and which belong to the same shop."""

import httpcore
import httpx

from entrepot.kit import network as network_errors
from entrepot.kit.network import CheckedNetwork
from entrepot.pricewatch.fetching.errors import AddressRefusedError, NotAWebAddressError, UnreachableError

LONGEST = 4000
"""Characters of an address."""
SHOWN = 200
LOOK_UP = 10.0
"""Seconds."""


def web_address(text: str) -> httpx.URL:
    """Return the address of a web page, without its fragment.

    Raises:
        NotAWebAddressError: it is something else: a file, a mail address, nothing at all.
    """
    refused = NotAWebAddressError(url=text.strip()[:SHOWN])
    if len(text) > LONGEST:
        raise refused
    try:
        url = httpx.URL(text.strip()).copy_with(fragment=None)
        host = url.host  # read from its letters only now: "xn--a" is nobody's
    except (httpx.InvalidURL, ValueError, TypeError):
        raise refused from None
    if url.scheme not in {"http", "https"} or not host or url.port == 0:
        raise refused
    return url


def host_of(url: httpx.URL) -> str:
    """Return the name that limits are kept for: however often a page's port or spelling changes."""
    return url.raw_host.decode("ascii").lower().rstrip(".")


def is_same_shop(first: httpx.URL, then: httpx.URL) -> bool:
    """Tell whether what is meant for *first* may be told to *then*, too: cookies, and headers with keys in them."""
    plain, other = host_of(first).removeprefix("www."), host_of(then).removeprefix("www.")
    downgraded = first.scheme == "https" and then.scheme == "http"
    return plain == other and first.port == then.port and not downgraded


async def check_reachable(network: CheckedNetwork, url: httpx.URL) -> None:
    """Look up a host before anybody else is asked to fetch from it, and refuse private addresses.

    Raises:
        AddressRefusedError: it has only those.
        UnreachableError: it has none.
    """
    try:
        await network.reachable(url.host, url.port or 443, LOOK_UP)
    except network_errors.AddressRefusedError as error:
        raise AddressRefusedError(host=url.host) from error
    except httpcore.ConnectError as error:
        raise UnreachableError(host=url.host, reason=str(error)) from error
