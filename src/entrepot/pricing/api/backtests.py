"""Backtests in the API."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.backtests.errors import BacktestNotFoundError
from entrepot.pricing.backtests.refs import BacktestRef, Curve, Line, OfferRef, Parameters, Side
from entrepot.pricing.backtests.repository import BacktestRepository
from entrepot.pricing.backtests.service import BacktestService
from entrepot.pricing.domain.history import Assumptions, Totals

Limit = Annotated[int, Parameter(ge=1, le=200, description="Entries per page.")]


class BacktestSide(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A group with all its rules, or one rule of it."""

    group_id: UUID
    rule_id: UUID | None = None
    version: Annotated[int, Meta(ge=1)] | None = None
    """None: the present one."""


class BeginBacktest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be tried, on the offers of the first side's group."""

    sides: Annotated[list[BacktestSide], Meta(min_length=1, max_length=2)]
    name: Annotated[str, Meta(max_length=100)] = ""
    days: int = 28
    most_offers: int = 500
    assume: Assumptions = Assumptions()


class BacktestTotals(msgspec.Struct, kw_only=True):
    """What it came to."""

    hours: Decimal
    box_percent: Decimal
    average_price: Decimal
    changes: int
    floor_hours: Decimal
    below_floor_hours: Decimal
    units: Decimal
    revenue: Decimal
    margin: Decimal
    units_without_costs: Decimal


class BacktestDay(msgspec.Struct, kw_only=True):
    """One day of it."""

    day: date
    totals: BacktestTotals


class BacktestLine(msgspec.Struct, kw_only=True):
    """What really happened, or what one side would have done."""

    name: str
    totals: BacktestTotals
    days: list[BacktestDay]
    problems: dict[str, int]


class BacktestOut(msgspec.Struct, kw_only=True):
    """A backtest; without lines until it is done."""

    id: UUID
    seller_id: UUID
    name: str
    state: str
    problem: str
    parameters: Parameters
    offers: int
    done: int
    actual: BacktestLine | None
    sides: list[BacktestLine]
    agreed: int
    moments: int
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class BacktestList(msgspec.Struct):
    """A page of backtests."""

    items: list[BacktestOut]
    next: str | None


class BacktestOfferOut(msgspec.Struct, kw_only=True):
    """One offer of a backtest."""

    offer_id: UUID
    sku: str
    title: str
    currency: str
    rules: list[str]
    problems: list[str]
    actual: BacktestTotals | None
    sides: list[BacktestTotals]
    actual_curve: Curve | None = None
    curves: list[Curve] = []


class BacktestOfferList(msgspec.Struct):
    """A page of offers."""

    items: list[BacktestOfferOut]
    next: str | None


class BacktestApi(Controller):
    """Rules tried on what was recorded."""

    path = "/api/v1/pricing/backtests"
    tags = ("pricing",)

    @get(operation_id="listBacktests", summary="List backtests", opt=needs(Right.PRICING_READ))
    async def show_list(self, session: AsyncSession, cursor: str | None = None, limit: Limit = 50) -> BacktestList:
        """List backtests, the newest first."""
        before = _place(cursor) if cursor else None
        rows = await BacktestRepository(session).backtests(before=before, limit=limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        following = f"{last.created_at.isoformat()}|{last.id}" if last else None
        return BacktestList([_out(row) for row in rows[:limit]], following)

    @post(operation_id="beginBacktest", summary="Begin a backtest", opt=needs(Right.PRICING_MANAGE))
    async def begin(self, session: AsyncSession, data: JSONBody[BeginBacktest]) -> BacktestOut:
        """Have one or two rule sets tried; the result comes later: look at ``state``."""
        sides = [Side(group_id=one.group_id, rule_id=one.rule_id, version=one.version) for one in data.sides]
        made = await BacktestService(session).begin(
            sides, name=data.name, days=data.days, most_offers=data.most_offers, assume=data.assume
        )
        return _out(made)

    @get("/{backtest_id:uuid}", operation_id="getBacktest", summary="Show a backtest", opt=needs(Right.PRICING_READ))
    async def show(self, session: AsyncSession, backtest_id: FromPath[UUID]) -> BacktestOut:
        """Show what was tried, and what came of it."""
        return _out(await BacktestService(session).backtest(backtest_id))

    @get(
        "/{backtest_id:uuid}/offers",
        operation_id="listBacktestOffers",
        summary="List the offers of a backtest",
        opt=needs(Right.PRICING_READ),
    )
    async def offers(
        self,
        session: AsyncSession,
        backtest_id: FromPath[UUID],
        q: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> BacktestOfferList:
        """List what came of single offers, by SKU."""
        service = BacktestService(session)
        await service.backtest(backtest_id)
        after = (cursor or "").replace("\0", "")
        rows = await service.offers(backtest_id, query=q.replace("\0", ""), after=after, limit=limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return BacktestOfferList([_offer(row) for row in rows[:limit]], f"{last.sku}|{last.offer_id}" if last else None)

    @get(
        "/{backtest_id:uuid}/offers/{offer_id:uuid}",
        operation_id="getBacktestOffer",
        summary="Show an offer of a backtest with its prices over time",
        opt=needs(Right.PRICING_READ),
    )
    async def offer(
        self, session: AsyncSession, backtest_id: FromPath[UUID], offer_id: FromPath[UUID]
    ) -> BacktestOfferOut:
        """Show one offer: each curve has a value from each of its moments on."""
        found = await BacktestService(session).offer(backtest_id, offer_id)
        if found is None:
            raise BacktestNotFoundError(backtest=str(offer_id))
        return _offer(found)

    @delete(
        "/{backtest_id:uuid}",
        operation_id="removeBacktest",
        summary="Remove a backtest",
        opt=needs(Right.PRICING_MANAGE),
    )
    async def remove(self, session: AsyncSession, backtest_id: FromPath[UUID]) -> None:
        """Remove it with everything it found."""
        await BacktestService(session).remove(backtest_id)


def _place(cursor: str) -> tuple[datetime, UUID]:
    at, _, last = cursor.partition("|")
    wrong = InvalidInputError({"cursor": gettext(N_("Take it from the answer before, unchanged."))})
    try:
        moment, backtest_id = datetime.fromisoformat(at.replace(" ", "+")), UUID(last)
    except ValueError:
        raise wrong from None
    if moment.tzinfo is None:
        raise wrong
    return moment, backtest_id


def _totals(totals: Totals) -> BacktestTotals:
    return BacktestTotals(
        hours=round(totals.hours, 2),
        box_percent=round(totals.box_percent, 2),
        average_price=round(totals.average, 2),
        changes=totals.changes,
        floor_hours=round(totals.floor_hours, 2),
        below_floor_hours=round(totals.below_hours, 2),
        units=round(totals.units, 3),
        revenue=round(totals.revenue, 2),
        margin=round(totals.margin, 2),
        units_without_costs=round(totals.unknown_units, 3),
    )


def _line(name: str, line: Line) -> BacktestLine:
    days = [BacktestDay(day=day.day, totals=_totals(day.totals)) for day in line.days]
    return BacktestLine(name=name, totals=_totals(line.totals), days=days, problems=line.problems)


def _out(found: BacktestRef) -> BacktestOut:
    result = found.result
    names = [side.name for side in found.parameters.sides]
    return BacktestOut(
        id=found.id,
        seller_id=found.seller_id,
        name=found.name,
        state=found.state,
        problem=found.problem,
        parameters=found.parameters,
        offers=found.offers,
        done=found.done,
        actual=_line("", result.actual) if result is not None and result.recorded else None,
        sides=[_line(name, line) for name, line in zip(names, result.sides, strict=False)] if result else [],
        agreed=result.agreed if result else 0,
        moments=result.moments if result else 0,
        created_at=found.created_at,
        created_by=found.created_by,
        finished_at=found.finished_at,
    )


def _offer(found: OfferRef) -> BacktestOfferOut:
    result = found.result
    return BacktestOfferOut(
        offer_id=found.offer_id,
        sku=found.sku,
        title=found.title,
        currency=found.currency,
        rules=list(result.rules),
        problems=list(result.problems),
        actual=None if result.actual is None else _totals(result.actual),
        sides=[_totals(totals) for totals in result.sides],
        actual_curve=result.actual_curve,
        curves=list(result.curves),
    )


ROUTES = [BacktestApi]
