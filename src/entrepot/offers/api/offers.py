"""REST API v1 of offers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.offers import views
from entrepot.offers.domain import MOST, Derivation, OfferState
from entrepot.offers.errors import BadCursorError, OfferNotFoundError
from entrepot.offers.service import OfferService
from entrepot.offers.standing import PushView, pushes, standings
from entrepot.offers.wording import sentence

LONGEST_CURSOR = 19
type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class OfferOut(msgspec.Struct, kw_only=True):
    """Something for sale on one channel account.

    ``sku``, ``gtin``, ``title`` and ``channel_quantity`` are what the channel says; ``wanted`` is what it should say of
    the stock now and why; ``published_quantity`` is what it has from us (null: we do not know, so it will be told).
    """

    id: UUID
    account_id: UUID
    channel: str
    channel_offer_id: str
    sku: str
    gtin: str
    title: str
    state: OfferState
    product_id: UUID | None
    product_sku: str | None
    matched_by: str
    buffer: int | None
    """Units withheld from it instead of those of the product and the account; null: those count."""
    maximum: int | None
    paused: bool
    wanted: Derivation | None
    published_quantity: int | None
    published_at: datetime | None
    published_because: Derivation | None
    channel_quantity: int
    last_seen_at: datetime
    sent: bool
    """Whether the account is live: on others nothing is sent."""
    problem: str
    """Why the channel refused our number, in its words."""
    version: int


class OfferList(msgspec.Struct):
    """A page of offers."""

    items: list[OfferOut]
    next: str | None


class ChangeOffer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; fields left out stay as they are.  *sku* links the offer to the product of that SKU."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    buffer: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | UnsetType | None = UNSET
    maximum: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | UnsetType | None = UNSET
    paused: bool | UnsetType = UNSET
    version: int | None = None
    """If given, the change is refused unless it is the present one."""


class StartedRun(msgspec.Struct):
    """The job that does it."""

    run_id: UUID


class CauseOut(msgspec.Struct):
    """One thing that plays a part; ``cause`` is for programs, ``sentence`` for people."""

    cause: str
    sentence: str


class Explanation(msgspec.Struct, kw_only=True):
    """Why a channel shows what it shows of an offer."""

    causes: list[CauseOut]
    wanted: Derivation | None
    published_quantity: int | None
    next_at: datetime | None
    """When it is looked at again by itself; it is sooner if the stock changes."""


class PushList(msgspec.Struct):
    """A page of what a channel was told."""

    items: list[PushView]
    next: str | None


class OfferApi(Controller):
    """Offers."""

    path = "/api/v1/offers"
    tags = ("offers",)

    @get(operation_id="listOffers", summary="List offers", opt=needs(Right.OFFERS_READ))
    async def show_list(
        self,
        session: AsyncSession,
        account_id: UUID | None = None,
        product_id: UUID | None = None,
        chosen: Annotated[OfferState | None, QueryParameter(name="state")] = None,
        q: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> OfferList:
        """List offers, the newest first, with what each channel has, what it should have, and why."""
        rows = await views.offers(
            session,
            account_id=account_id,
            product_id=product_id,
            state=chosen,
            query=q.replace("\0", ""),
            before=_place(cursor) if cursor else None,
            limit=limit + 1,
        )
        following = str(rows[limit - 1].facts.id) if len(rows) > limit else None
        return OfferList([_out(row) for row in rows[:limit]], following)

    @get("/{offer_id:uuid}", operation_id="getOffer", summary="Show an offer", opt=needs(Right.OFFERS_READ))
    async def show(self, session: AsyncSession, offer_id: FromPath[UUID]) -> OfferOut:
        """Show one offer."""
        return await _one(session, offer_id)

    @patch("/{offer_id:uuid}", operation_id="changeOffer", summary="Change an offer", opt=needs(Right.OFFERS_MANAGE))
    async def change(self, session: AsyncSession, offer_id: FromPath[UUID], data: JSONBody[ChangeOffer]) -> OfferOut:
        """Link it to a product, set its buffer and maximum, pause it or let it go on."""
        service = OfferService(session)
        version = data.version
        if data.sku is not UNSET:
            await service.link(offer_id, data.sku, version=version)
            version = None  # the link has just counted one on
        if any(field is not UNSET for field in (data.buffer, data.maximum, data.paused)):
            present = await _one(session, offer_id)
            await service.change(
                offer_id,
                buffer=data.buffer if data.buffer is not UNSET else present.buffer,
                maximum=data.maximum if data.maximum is not UNSET else present.maximum,
                paused=data.paused if data.paused is not UNSET else present.paused,
                version=version,
            )
        return await _one(session, offer_id)

    @get(
        "/{offer_id:uuid}/why",
        operation_id="explainOffer",
        summary="Say why a channel shows what it shows",
        opt=needs(Right.OFFERS_READ),
    )
    async def why(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Explanation:
        """Return everything that plays a part in what the channel shows of the offer, the weightiest first."""
        found = await views.offers(session, offer_id=offer_id, limit=1)
        if not found:
            raise OfferNotFoundError(offer=offer_id)
        stand = (await standings(session, found))[0]
        return Explanation(
            causes=[CauseOut(str(one.cause), sentence(one)) for one in stand.findings],
            wanted=found[0].now,
            published_quantity=found[0].facts.published_quantity,
            next_at=stand.next_at,
        )

    @get(
        "/{offer_id:uuid}/pushes",
        operation_id="listOfferPushes",
        summary="List what a channel was told",
        opt=needs(Right.OFFERS_READ),
    )
    async def show_pushes(
        self, session: AsyncSession, offer_id: FromPath[UUID], cursor: str | None = None, limit: Limit = 50
    ) -> PushList:
        """List what the channel was told of an offer and what it answered, the newest first; kept for 90 days."""
        before = int(cursor) if cursor and cursor.isdecimal() and len(cursor) < LONGEST_CURSOR else None
        rows = await pushes(session, offer_id, before=before, limit=limit + 1)
        return PushList(rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None)

    @post(
        "/{offer_id:uuid}/publish",
        operation_id="publishOffer",
        summary="Publish an offer now",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=202,
    )
    async def publish(self, session: AsyncSession, offer_id: FromPath[UUID]) -> StartedRun:
        """Tell the channel its number again, whatever was told before."""
        return StartedRun(await OfferService(session).publish_now(offer_id))


async def _one(session: AsyncSession, offer_id: UUID) -> OfferOut:
    found = await views.offers(session, offer_id=offer_id, limit=1)
    if not found:
        raise OfferNotFoundError(offer=offer_id)
    return _out(found[0])


def _out(view: views.OfferView) -> OfferOut:
    facts = view.facts
    return OfferOut(
        id=facts.id,
        account_id=facts.account_id,
        channel=view.account.channel,
        channel_offer_id=facts.channel_offer_id,
        sku=facts.sku,
        gtin=facts.gtin,
        title=view.title,
        state=OfferState(facts.state),
        product_id=facts.product_id,
        product_sku=view.product.sku if view.product else None,
        matched_by=facts.matched_by,
        buffer=facts.buffer,
        maximum=facts.maximum,
        paused=facts.paused,
        wanted=view.now,
        published_quantity=facts.published_quantity,
        published_at=facts.published_at,
        published_because=view.published_because,
        channel_quantity=facts.channel_quantity,
        last_seen_at=facts.last_seen_at,
        sent=view.account.may_write,
        problem=facts.problem,
        version=facts.version,
    )


def _place(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None
