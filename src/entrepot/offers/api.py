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
    maximum: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | UnsetType | None = UNSET
    paused: bool | UnsetType = UNSET
    version: int | None = None
    """If given, the change is refused unless it is the present one."""


class StartedRun(msgspec.Struct):
    """The job that does it."""

    run_id: UUID


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
        """Link it to a product, set its maximum, pause it or let it go on."""
        present = (await _one(session, offer_id)) if data.maximum is UNSET or data.paused is UNSET else None
        service = OfferService(session)
        version = data.version
        if data.sku is not UNSET:
            await service.link(offer_id, data.sku, version=version)
            version = None  # the link has just counted one on
        if present is None or data.maximum is not UNSET or data.paused is not UNSET:
            maximum = data.maximum if data.maximum is not UNSET else (present.maximum if present else None)
            paused = data.paused if data.paused is not UNSET else bool(present and present.paused)
            await service.change(offer_id, maximum=maximum, paused=paused, version=version)
        return await _one(session, offer_id)

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


ROUTES = [OfferApi]
