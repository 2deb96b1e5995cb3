"""What a person's own browser or script saw of a page: taken in like a fetch of ours."""

from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.money import CURRENCIES
from entrepot.kit.storage import Storage
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Availability, Extraction, Field, Finding
from entrepot.pricewatch.fetching.contract import Fetched, FetchPlan
from entrepot.pricewatch.watching.addresses import normalise
from entrepot.pricewatch.watching.checking_repository import CheckingRepository
from entrepot.pricewatch.watching.errors import NotWatchedError
from entrepot.pricewatch.watching.looking import Look, read
from entrepot.pricewatch.watching.outcomes import Due, Outcome
from entrepot.pricewatch.watching.repository import WatchRepository
from entrepot.pricewatch.watching.service import NewListing, WatchService
from entrepot.pricewatch.watching.storing import store_looks

LARGEST = Decimal(10) ** 9


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A page, or the price on it, as somebody's own browser or script saw it."""

    url: str
    html: str = ""
    """The page's source; else *price* or *availability*."""
    price: Decimal | None = None
    currency: str = ""
    availability: Availability = Availability.UNKNOWN
    shipping: Decimal | None = None
    title: str = ""
    watch: bool = False
    """Watch the page if nobody does yet."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a submission."""

    listing_id: UUID
    watched_product_id: UUID
    believed: bool
    changed: bool
    problem: str
    """Why it was not believed, in English."""


async def take(session: AsyncSession, seller_id: UUID, storage: Storage, given: Submission) -> Taken:
    """Take in what somebody saw.

    Raises:
        AddressUnusableError: the address is not one of a page.
        NotWatchedError: nobody watches the page, and it is not to be watched.
        InvalidInputError: there is neither a page nor a price.
    """
    _check(given)
    url = normalise(given.url)
    listing_id = await WatchRepository(session).listing_at(seller_id, url)
    if listing_id is None:
        if not given.watch:
            raise NotWatchedError(url=url)
        added = await WatchService(session).add_url(
            seller_id, NewListing(url=url, title=given.title, currency=given.currency)
        )
        listing_id = added.listing_id
        assert listing_id is not None  # noqa: S101 -- else it would have been found
    [due] = await CheckingRepository(session).due([listing_id])
    done = await store_looks(session, storage, [(due, _look(given, url, due))])
    result: Outcome | None = done[0] if done else None
    return Taken(
        listing_id=due.id,
        watched_product_id=due.watched_product_id,
        believed=result is not None and result.good,
        changed=result is not None and result.changed,
        problem=result.problem.english if result is not None and result.problem else "",
    )


def _check(given: Submission) -> None:
    problems: dict[str, str] = {}
    if not given.html and given.price is None and given.availability is Availability.UNKNOWN:
        problems["price"] = gettext(N_("Send the page as html, a price or an availability."))
    if given.price is not None and not (given.price.is_finite() and 0 < given.price < LARGEST):
        problems["price"] = gettext(N_("Send a price above 0."))
    if given.shipping is not None and not (given.shipping.is_finite() and 0 <= given.shipping < LARGEST):
        problems["shipping"] = gettext(N_("Send shipping costs of 0 or more."))
    if (given.price is not None or given.currency) and given.currency not in CURRENCIES:
        problems["currency"] = gettext(N_("Send the currency of the price, such as EUR."))
    if problems:
        raise InvalidInputError(problems)


def _look(given: Submission, url: str, due: Due) -> Look:
    fetched = Fetched(
        url=url, status=200, body=given.html.encode("utf-8", "replace"), content_type="text/html; charset=utf-8"
    )
    if given.html:
        found = read(fetched, due.store, due.pins)
    else:
        price = "" if given.price is None else str(given.price)
        found = Extraction(
            price=given.price,
            currency=given.currency,
            availability=given.availability,
            shipping=given.shipping,
            title=given.title.replace("\0", ""),
            findings=(Finding(Field.PRICE, price, "submitted", "submitted"),) if price else (),
        )
    plan = FetchPlan(url=url, seller_id=due.seller_id)
    return Look(url=url, at=now(), plan=plan, fetched=fetched, extraction=found, status=200)
