"""REST API v1 of listings and of what they cost."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.pricewatch.extracting.contract import Availability
from entrepot.pricewatch.snapshots.service import FetchEvidence, SnapshotService
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.api.places import Limit, moment, place
from entrepot.pricewatch.watching.domain import Window
from entrepot.pricewatch.watching.refs import ListingRef
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.submitting import Submission, Taken, take

LARGEST_PAGE = 5_000_000


class ListingOut(msgspec.Struct, kw_only=True):
    """A page that is watched, and what it said last."""

    id: UUID
    watched_product_id: UUID
    store_id: UUID
    store: str
    url: str
    title: str
    sku: str
    gtin: str
    pack: int
    price: Decimal | None
    """The last one known, also while the goods are not to be had: see ``available``."""
    shipping: Decimal | None
    unit_price: Decimal | None
    """With stated shipping, divided by the units in a pack."""
    currency: str
    availability: str
    available: bool
    """Whether the price counts."""
    before_price: Decimal | None
    changed_at: datetime | None
    checked_at: datetime | None
    next_check_at: datetime
    paused: bool
    discontinued_at: datetime | None
    attention: str
    """``failing``, ``undecided``, ``doubtful``, ``currency`` or ``gone``; empty: nobody need look."""
    version: int


class ListingList(msgspec.Struct):
    """A page of listings."""

    items: list[ListingOut]
    next: str | None


class ChangeListing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; fields left out stay as they are."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | UnsetType = UNSET
    """Where the page is now; the history stays."""
    pack: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | UnsetType = UNSET
    check_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] | UnsetType | None = UNSET
    window: Window | UnsetType | None = UNSET
    """Weekdays (0 is Monday) and hours in which it is checked; null: always."""
    paused: bool | UnsetType = UNSET
    watched_product_id: UUID | UnsetType = UNSET
    """Make it a listing of another product."""
    version: int | None = None


class ObservationOut(msgspec.Struct, kw_only=True):
    """What a listing cost at one moment; written when something changed, and once a day."""

    observed_at: datetime
    price: Decimal | None
    currency: str
    availability: str
    shipping: Decimal | None
    unit_price: Decimal | None
    reason: str


class ObservationList(msgspec.Struct):
    """A page of observations."""

    items: list[ObservationOut]
    next: str | None


class FetchList(msgspec.Struct):
    """The last fetches of a listing."""

    items: list[FetchEvidence]


class SubmitObservation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A page, or the price on it, as your own browser or script saw it.

    Send ``html`` to have it read like a page that was fetched, else a price with its currency or an availability.
    """

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    html: Annotated[str, msgspec.Meta(max_length=LARGEST_PAGE)] = ""
    price: Decimal | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""
    availability: Availability = Availability.UNKNOWN
    shipping: Decimal | None = None
    title: Annotated[str, msgspec.Meta(max_length=300)] = ""
    watch: bool = False
    """Watch the page if nobody does yet."""


class ListingApi(Controller):
    """Listings."""

    path = "/api/v1/price-listings"
    tags = ("price watch",)

    @get(operation_id="listPriceListings", summary="List watched pages", opt=needs(Right.PRICEWATCH_READ))
    async def show_list(
        self,
        session: AsyncSession,
        watched_product_id: UUID | None = None,
        store_id: UUID | None = None,
        *,
        attention: bool = False,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> ListingList:
        """List watched pages, the newest first; with ``attention`` only those that a person should look at."""
        rows = await views.listing_rows(
            session,
            watched_product_id=watched_product_id,
            store_id=store_id,
            attention=attention,
            before=place(cursor),
            limit=limit + 1,
        )
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return ListingList([listing_out(row) for row in rows[:limit]], following)

    @get(
        "/{listing_id:uuid}",
        operation_id="getPriceListing",
        summary="Show a watched page",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def show(self, session: AsyncSession, listing_id: FromPath[UUID]) -> ListingOut:
        """Show a watched page and what it said last."""
        return listing_out(await WatchService(session).listing(listing_id))

    @patch(
        "/{listing_id:uuid}",
        operation_id="changePriceListing",
        summary="Change how a page is watched",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def change(
        self, session: AsyncSession, listing_id: FromPath[UUID], data: JSONBody[ChangeListing]
    ) -> ListingOut:
        """Change its address, its pack, when it is checked, or which product it belongs to."""
        service = WatchService(session)
        before = await service.listing(listing_id)
        fixed = await views.settled(session, listing_id)
        version = data.version
        if any(value is not UNSET for value in (data.url, data.pack, data.check_minutes, data.window)):
            window = msgspec.convert(fixed.window, Window | None) if data.window is UNSET else data.window
            await service.change_listing(
                listing_id,
                url=before.url if data.url is UNSET else data.url,
                pack=before.pack if data.pack is UNSET else data.pack,
                check_minutes=fixed.check_minutes if data.check_minutes is UNSET else data.check_minutes,
                window=window,
                version=version,
            )
        if data.watched_product_id is not UNSET:
            await service.move_listing(listing_id, data.watched_product_id)
        if data.paused is not UNSET:
            await service.pause(listing_id, paused=data.paused)
        return listing_out(await service.listing(listing_id))

    @delete(
        "/{listing_id:uuid}",
        operation_id="removePriceListing",
        summary="Stop watching a page",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def remove(self, session: AsyncSession, listing_id: FromPath[UUID]) -> None:
        """Remove a page with its history."""
        await WatchService(session).remove_listing(listing_id)

    @post(
        "/{listing_id:uuid}/check",
        operation_id="checkPriceListing",
        summary="Check a page now",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=202,
    )
    async def check(self, session: AsyncSession, listing_id: FromPath[UUID]) -> None:
        """Check a page as soon as a worker is free."""
        service = WatchService(session)
        await service.listing(listing_id)
        await service.check_now([listing_id])

    @post(
        "/{listing_id:uuid}/accept",
        operation_id="acceptPriceListing",
        summary="Believe what a page says",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=202,
    )
    async def accept(self, session: AsyncSession, listing_id: FromPath[UUID]) -> None:
        """Believe the next answer, however far from the last, also in another currency."""
        await WatchService(session).accept(listing_id)

    @get(
        "/{listing_id:uuid}/observations",
        operation_id="listPriceObservations",
        summary="List what a page cost",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def observed(
        self, session: AsyncSession, listing_id: FromPath[UUID], cursor: str | None = None, limit: Limit = 50
    ) -> ObservationList:
        """List what a page cost, the newest first."""
        await WatchService(session).listing(listing_id)
        rows = await views.observations(session, listing_id, before=moment(cursor), limit=limit + 1)
        following = rows[limit - 1].observed_at.isoformat() if len(rows) > limit else None
        return ObservationList([_observation(row) for row in rows[:limit]], following)

    @get(
        "/{listing_id:uuid}/fetches",
        operation_id="listPriceFetches",
        summary="List the last fetches of a page",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def fetched(
        self, request: Request[Any, Any, Any], session: AsyncSession, listing_id: FromPath[UUID], limit: Limit = 20
    ) -> FetchList:
        """List what the last fetches brought, with where each value came from; the newest first."""
        await WatchService(session).listing(listing_id)
        return FetchList(await SnapshotService(session, storage_of(request)).fetches(listing_id, limit=limit))


class ObservationApi(Controller):
    """Observations of others."""

    path = "/api/v1/price-observations"
    tags = ("price watch",)

    @post(
        operation_id="submitPriceObservation",
        summary="Submit a page or a price from your own browser",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=200,
    )
    async def submit(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        data: JSONBody[SubmitObservation],
    ) -> Taken:
        """Take in what your own browser, an extension or a script of yours saw of a page.

        It is judged like a fetch of ours: compared with what is known, and not believed at once if it is far from it.
        """
        given = Submission(**msgspec.structs.asdict(data))
        return await take(session, principal.seller_id(), storage_of(request), given)


def listing_out(listing: ListingRef) -> ListingOut:
    """Return a listing as the API shows it."""
    return ListingOut(**{name: getattr(listing, name) for name in ListingOut.__struct_fields__})


def _observation(row: views.ObservationRow) -> ObservationOut:
    return ObservationOut(**{name: getattr(row, name) for name in ObservationOut.__struct_fields__})
