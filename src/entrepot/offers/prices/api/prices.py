"""REST API v1 of the prices of offers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.offers.errors import OfferNotFoundError
from entrepot.offers.prices.api.reading import Limit, Moment, Reason, limited, number_place, place, utc
from entrepot.offers.prices.browsing import Filters, PriceLine, price_lines
from entrepot.offers.prices.derivation import PriceDerivation
from entrepot.offers.prices.domain import PriceState, Source
from entrepot.offers.prices.explaining import Planned, price_detail, pushes
from entrepot.offers.prices.planning import Planning
from entrepot.offers.prices.service import PriceService


class OfferPriceOut(msgspec.Struct, kw_only=True):
    """The price of an offer.

    ``published`` is what the channel has, as it was last told or read; ``wanted`` is what it should be and ``source``
    says who decides that (null and empty: nobody here, the channel keeps what it has).
    """

    offer_id: UUID
    account_id: UUID
    channel_offer_id: str
    sku: str
    gtin: str
    title: str
    currency: str
    published: Decimal | None
    published_at: datetime | None
    wanted: Decimal | None
    wanted_at: datetime | None
    source: str
    locked: bool
    limited: bool
    """A limit holds it: a floor, a ceiling, the largest step."""
    state: PriceState
    problem: str
    version: int


class OfferPriceList(msgspec.Struct):
    """A page of prices."""

    items: list[OfferPriceOut]
    next: str | None


class LockPrice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A price set by hand."""

    price: Decimal
    currency: Annotated[str, Meta(pattern="^([A-Z]{3})?$")] = ""
    """Empty: the offer's."""
    reason: Reason = ""
    version: int | None = None
    """If given, the change is refused unless it is the present one."""


class VoiceOut(msgspec.Struct):
    """Somebody who wants a price."""

    source: str
    price: Decimal
    name: str
    counts: bool


class PlannedOut(msgspec.Struct, kw_only=True):
    """A price from one moment to another; ``state`` is coming, on, over or called_off."""

    id: UUID
    price: Decimal
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    created_by: str
    state: str


class PriceExplanation(msgspec.Struct, kw_only=True):
    """Why an offer costs what it costs."""

    price: OfferPriceOut
    why: PriceDerivation | None
    """How the wanted price came about: inputs with source and age, the rule, the limits that bit, what would change it."""
    published_why: PriceDerivation | None
    voices: list[VoiceOut]
    """Everybody who wants a price now, the one that counts first."""
    planned: list[PlannedOut]
    held: str | None
    """Why nothing is sent at present; null: it is."""
    larger_quantities: dict[str, Decimal]
    """The channel's prices from a quantity on."""


class PricePushOut(msgspec.Struct, kw_only=True):
    """A price the channel was told; ``call_id`` names the recorded call that told it."""

    id: int
    price: Decimal
    before: Decimal | None
    currency: str
    source: str
    outcome: str
    problem: str
    why: PriceDerivation | None
    run_id: UUID
    call_id: UUID | None
    pushed_at: datetime


class PricePushList(msgspec.Struct):
    """A page of prices told, the newest first."""

    items: list[PricePushOut]
    next: str | None


class PlanPrice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A price to plan; without an end it holds until it is called off."""

    price: Decimal
    starts_at: Moment
    ends_at: Moment | None = None
    reason: Reason = ""


class StartedPricing(msgspec.Struct):
    """The job that tells the channel."""

    run_id: UUID


class OfferPriceApi(Controller):
    """Prices of offers."""

    path = "/api/v1/offer-prices"
    tags = ("prices",)

    @get(operation_id="listOfferPrices", summary="List prices of offers", opt=needs(Right.OFFERS_READ))
    async def show_list(
        self,
        session: AsyncSession,
        account_id: UUID | None = None,
        chosen: Annotated[PriceState | None, QueryParameter(name="state")] = None,
        source: Source | None = None,
        limited: bool = False,  # noqa: FBT001, FBT002 -- a parameter of the address
        q: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> OfferPriceList:
        """List offers, the newest first, with what they cost, what they should cost and who says so."""
        filters = Filters(
            account_id=account_id, state=chosen, source=source, limited=limited, query=q.replace("\0", "")
        )
        rows = await price_lines(session, filters, before=place(cursor), limit=limit + 1)
        following = str(rows[limit - 1].offer_id) if len(rows) > limit else None
        return OfferPriceList([line_out(row) for row in rows[:limit]], following)

    @get("/{offer_id:uuid}", operation_id="getOfferPrice", summary="Show a price", opt=needs(Right.OFFERS_READ))
    async def show(self, session: AsyncSession, offer_id: FromPath[UUID]) -> OfferPriceOut:
        """Show the price of one offer."""
        return await _one(session, offer_id)

    @put(
        "/{offer_id:uuid}/lock",
        operation_id="lockOfferPrice",
        summary="Set a price by hand",
        opt=needs(Right.OFFERS_MANAGE),
    )
    async def lock(self, session: AsyncSession, offer_id: FromPath[UUID], data: JSONBody[LockPrice]) -> OfferPriceOut:
        """Set a price; no plan, list or rule changes it until somebody lets go."""
        await PriceService(session).lock(
            offer_id, limited(data.price), currency=data.currency, reason=data.reason, version=data.version
        )
        return await _one(session, offer_id)

    @delete(
        "/{offer_id:uuid}/lock",
        operation_id="releaseOfferPrice",
        summary="Let go of a price set by hand",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=200,
    )
    async def release(self, session: AsyncSession, offer_id: FromPath[UUID]) -> OfferPriceOut:
        """Let plans, lists and rules count again."""
        await PriceService(session).release([offer_id])
        return await _one(session, offer_id)

    @post(
        "/{offer_id:uuid}/publish",
        operation_id="publishOfferPrice",
        summary="Tell the channel a price now",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=202,
    )
    async def publish(self, session: AsyncSession, offer_id: FromPath[UUID]) -> StartedPricing:
        """Tell the channel, even if it refused the price before."""
        return StartedPricing(await PriceService(session).publish_now(offer_id))

    @get(
        "/{offer_id:uuid}/why",
        operation_id="explainOfferPrice",
        summary="Explain a price",
        opt=needs(Right.OFFERS_READ),
    )
    async def why(self, session: AsyncSession, offer_id: FromPath[UUID]) -> PriceExplanation:
        """Return how the price came about, who else wants which price, and what is planned."""
        found = await price_detail(session, offer_id)
        return PriceExplanation(
            price=line_out(found.line),
            why=found.why,
            published_why=found.published_why,
            voices=[VoiceOut(str(one.source), one.price, one.name, one.counts) for one in found.voices],
            planned=[planned_out(one) for one in found.planned],
            held=found.held,
            larger_quantities=found.steps,
        )

    @get(
        "/{offer_id:uuid}/pushes",
        operation_id="listPricePushes",
        summary="List what a channel was told",
        opt=needs(Right.OFFERS_READ),
    )
    async def told(
        self, session: AsyncSession, offer_id: FromPath[UUID], cursor: str | None = None, limit: Limit = 50
    ) -> PricePushList:
        """List every price the channel was told of the offer, each with its derivation and its call."""
        line = await _one(session, offer_id)
        rows = await pushes(session, offer_id, line.channel_offer_id, before=number_place(cursor), limit=limit + 1)
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return PricePushList(
            [
                PricePushOut(
                    id=row.id,
                    price=row.price,
                    before=row.before,
                    currency=row.currency,
                    source=row.source,
                    outcome=row.outcome,
                    problem=row.problem,
                    why=row.why,
                    run_id=row.run_id,
                    call_id=row.call_id,
                    pushed_at=row.pushed_at,
                )
                for row in rows[:limit]
            ],
            following,
        )

    @post(
        "/{offer_id:uuid}/plans", operation_id="planOfferPrice", summary="Plan a price", opt=needs(Right.OFFERS_MANAGE)
    )
    async def plan(self, session: AsyncSession, offer_id: FromPath[UUID], data: JSONBody[PlanPrice]) -> PlannedOut:
        """Plan a price from one moment to another; it begins and ends exactly once."""
        plan_id = await Planning(session).plan(
            offer_id,
            limited(data.price),
            starts_at=utc(data.starts_at) or data.starts_at,
            ends_at=utc(data.ends_at),
            reason=data.reason,
        )
        found = await price_detail(session, offer_id)
        return planned_out(next(one for one in found.planned if one.id == plan_id))


def line_out(line: PriceLine) -> OfferPriceOut:
    """Return a price as the API shows it."""
    return OfferPriceOut(
        offer_id=line.offer_id,
        account_id=line.account_id,
        channel_offer_id=line.channel_offer_id,
        sku=line.sku,
        gtin=line.gtin,
        title=line.title,
        currency=line.currency,
        published=line.published,
        published_at=line.published_at,
        wanted=line.wanted,
        wanted_at=line.wanted_at,
        source=line.source,
        locked=line.locked,
        limited=line.limited,
        state=line.state,
        problem=line.problem,
        version=line.version,
    )


def planned_out(one: Planned) -> PlannedOut:
    """Return a planned price as the API shows it."""
    return PlannedOut(
        id=one.id,
        price=one.price,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        reason=one.reason,
        created_by=one.created_by,
        state=one.state,
    )


async def _one(session: AsyncSession, offer_id: UUID) -> OfferPriceOut:
    found = await price_lines(session, Filters(), offer_ids=[offer_id], limit=1)
    if not found:
        raise OfferNotFoundError(offer=offer_id)
    return line_out(found[0])
