"""Why an offer costs what it costs: everything its page and the API show."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.service import ChannelService
from entrepot.kit.call_log import calls_of_runs
from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.offers.errors import OfferNotFoundError
from entrepot.offers.prices.browsing import Filters, PriceLine, price_lines
from entrepot.offers.prices.deciding import own_candidates, takes_prices
from entrepot.offers.prices.derivation import PriceDerivation
from entrepot.offers.prices.domain import Candidate, Source, effective
from entrepot.offers.prices.planned_repository import PlannedRepository
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.rows import PriceRow, money


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who wants a price for the offer, and whether that counts."""

    source: Source
    price: Decimal
    name: str
    url: str
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A price the channel was told."""

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
    """The recorded call that sent it; None: its record is gone."""
    pushed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The channel showed another price than it was told."""

    told: Decimal
    found: Decimal
    found_at: datetime
    repaired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A planned price."""

    id: UUID
    price: Decimal
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    created_by: str
    state: str
    """``coming``, ``on``, ``over`` or ``called_off``."""


@dataclass(frozen=True, slots=True)
class PriceDetail:
    """One offer's price and everything that explains it."""

    line: PriceLine
    account: AccountRef
    takes_prices: bool
    """The channel can be told prices at all."""
    held: str | None
    """Why nothing is sent at present; None: it is."""
    locked_price: Decimal | None
    locked_reason: str
    steps: dict[str, Decimal]
    """The channel's prices for larger quantities."""
    why: PriceDerivation | None
    published_why: PriceDerivation | None
    voices: list[Voice]
    planned: list[Planned]
    pushes: list[Push]
    drifts: list[Drift]


PUSHES = 20
MOST = 50


async def price_detail(session: AsyncSession, offer_id: UUID) -> PriceDetail:
    """Return everything about the price of an offer.

    Raises:
        OfferNotFoundError: there is no such offer.
    """
    lines = await price_lines(session, Filters(), offer_ids=[offer_id], limit=1)
    if not lines:
        raise OfferNotFoundError(offer=offer_id)
    line = lines[0]
    account = await ChannelService(session).account(line.account_id)
    rows = await PriceRepository(session).peek([offer_id])
    row = rows[0] if rows else None
    steps: dict[str, Any] = row.steps or {} if row is not None else {}
    return PriceDetail(
        line=line,
        account=account,
        takes_prices=takes_prices(account),
        held=await PriceRepository(session).held(account.id),
        locked_price=row.manual_price if row is not None and row.locked else None,
        locked_reason=row.manual_reason if row is not None and row.locked else "",
        steps={quantity: Decimal(price) for quantity, price in sorted(steps.items(), key=lambda step: int(step[0]))},
        why=read_derivation(row.derivation if row is not None else None),
        published_why=read_derivation(row.published_derivation if row is not None else None),
        voices=await _voices(session, row) if row is not None else [],
        planned=await planned_of(session, [offer_id]),
        pushes=await pushes(session, offer_id, line.channel_offer_id, limit=PUSHES),
        drifts=await _drifts(session, offer_id, line.currency),
    )


def read_derivation(stored: dict[str, Any] | None) -> PriceDerivation | None:
    """Return why a price is what it is, or None if that was stored in a form that is not known here."""
    if not stored:
        return None
    try:
        return PriceDerivation.read(stored)
    except msgspec.ValidationError:
        return None


async def _voices(session: AsyncSession, row: PriceRow) -> list[Voice]:
    """Return everybody who wants a price at this moment, the one that counts first."""
    at = now()
    planned = (await PlannedRepository(session).candidates([row.offer_id], at)).get(row.offer_id, [])
    remaining: list[Candidate] = [*own_candidates(row), *planned]
    voices: list[Voice] = []
    while (chosen := effective(remaining, at)) is not None:
        remaining.remove(chosen)
        why = read_derivation(chosen.derivation)
        rule = why.rule if why is not None else None
        voices.append(
            Voice(chosen.source, chosen.price, rule.name if rule else "", rule.url if rule else "", not voices)
        )
    return voices


async def pushes(
    session: AsyncSession, offer_id: UUID, channel_offer_id: str, *, before: int | None = None, limit: int = 20
) -> list[Push]:
    """Return what a channel was told of an offer, the newest first, each with the call that told it."""
    found = await session.execute(
        text(
            "SELECT id, price, before, currency, source, outcome, problem, derivation, run_id, pushed_at"
            " FROM offer_price_push WHERE offer_id = :offer AND (CAST(:before AS bigint) IS NULL OR id < :before)"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"offer": offer_id, "before": before, "limit": limit},
    )
    rows = [dict(row) for row in found.mappings()]
    runs = {row["run_id"] for row in rows}
    calls = await calls_of_runs(session, runs, subject=channel_offer_id) if runs else {}
    return [
        Push(
            id=row["id"],
            price=money(row["price"], row["currency"]) or row["price"],
            before=money(row["before"], row["currency"]),
            currency=row["currency"],
            source=row["source"],
            outcome=row["outcome"],
            problem=row["problem"],
            why=read_derivation(row["derivation"]),
            run_id=row["run_id"],
            call_id=_call(calls.get(row["run_id"], []), row["pushed_at"]),
            pushed_at=row["pushed_at"],
        )
        for row in rows
    ]


def _call(calls: Collection[tuple[UUID, str, datetime]], told_at: datetime) -> UUID | None:
    """Return the last call of a run that changed something before its outcome was stored."""
    before = [call_id for call_id, method, at in calls if method != "GET" and at <= told_at]
    return before[-1] if before else None


async def _drifts(session: AsyncSession, offer_id: UUID, currency: str) -> list[Drift]:
    found = await session.execute(
        text(
            "SELECT told, found, found_at, repaired_at FROM offer_price_drift WHERE offer_id = :offer"
            " ORDER BY id DESC LIMIT 10"
        ),
        {"offer": offer_id},
    )
    return [
        Drift(
            told=money(row.told, currency) or row.told,
            found=money(row.found, currency) or row.found,
            found_at=row.found_at,
            repaired_at=row.repaired_at,
        )
        for row in found
    ]


async def planned_of(session: AsyncSession, offer_ids: Collection[UUID]) -> list[Planned]:
    """Return planned prices of offers: those that are on or coming first, then those that are over."""
    found = await session.execute(
        text(
            """
            SELECT s.id, s.price, s.starts_at, s.ends_at, s.reason, s.created_by, p.currency,
                CASE WHEN s.cancelled_at IS NOT NULL THEN 'called_off'
                    WHEN s.ended_at IS NOT NULL OR s.ends_at <= :at THEN 'over'
                    WHEN s.starts_at <= :at THEN 'on' ELSE 'coming' END AS state
            FROM offer_price_schedule s JOIN offer_price p ON p.offer_id = s.offer_id
            WHERE s.offer_id = ANY(:ids)
            ORDER BY s.cancelled_at IS NOT NULL OR coalesce(s.ends_at <= :at, false), s.starts_at DESC LIMIT :most
            """
        ),
        {"ids": list(offer_ids), "at": now(), "most": MOST},
    )
    return [
        Planned(
            id=row.id,
            price=money(row.price, row.currency) or row.price,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reason=row.reason,
            created_by=row.created_by,
            state=row.state,
        )
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A planned price in the list of all of them."""

    planned: Planned
    offer_id: UUID
    sku: str
    title: str
    account_id: UUID
    currency: str


async def all_planned(session: AsyncSession, *, over: bool = False, limit: int = 200) -> list[PlannedLine]:
    """Return planned prices of every offer: those on or coming, or those that are over."""
    found = await session.execute(
        text(
            """
            SELECT s.id, s.price, s.starts_at, s.ends_at, s.reason, s.created_by, p.currency, o.id AS offer_id,
                coalesce(pr.sku, o.sku) AS sku, coalesce(nullif(pr.title, ''), o.title) AS title, o.account_id,
                CASE WHEN s.cancelled_at IS NOT NULL THEN 'called_off'
                    WHEN s.ended_at IS NOT NULL OR s.ends_at <= :at THEN 'over'
                    WHEN s.starts_at <= :at THEN 'on' ELSE 'coming' END AS state
            FROM offer_price_schedule s JOIN offer_price p ON p.offer_id = s.offer_id JOIN offer o ON o.id = s.offer_id
            LEFT JOIN product pr ON pr.id = o.product_id
            WHERE (s.cancelled_at IS NOT NULL OR coalesce(s.ends_at <= :at, false)) = :over
            ORDER BY CASE WHEN :over THEN s.ends_at END DESC, s.starts_at LIMIT :limit
            """
        ),
        {"at": now(), "over": over, "limit": limit},
    )
    return [
        PlannedLine(
            Planned(
                id=row.id,
                price=money(row.price, row.currency) or row.price,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                reason=row.reason,
                created_by=row.created_by,
                state=row.state,
            ),
            row.offer_id,
            row.sku,
            row.title,
            row.account_id,
            row.currency,
        )
        for row in found
    ]
