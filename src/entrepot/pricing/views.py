"""What the pages and the API read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.pricing.governor_repository import APPROVAL, ApprovalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """How pricing stands with an offer."""

    offer_id: UUID
    account_id: UUID
    account: str
    sku: str
    title: str
    group_id: UUID | None
    group: str | None
    rule_id: UUID | None
    rule: str | None
    rule_version: int | None
    decision_id: UUID | None
    outcome: str
    currency: str
    price_before: Decimal | None
    price_after: Decimal | None
    floor: Decimal | None
    ceiling: Decimal | None
    at_floor: bool
    has_box: bool | None
    position: int | None
    stock: int | None
    decided_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One decision of the log."""

    id: UUID
    offer_id: UUID
    account_id: UUID
    account: str
    sku: str
    title: str
    group: str | None
    rule_id: UUID | None
    rule: str | None
    rule_version: int | None
    trigger: str
    outcome: str
    currency: str
    price_before: Decimal | None
    price_after: Decimal | None
    floor: Decimal | None
    ceiling: Decimal | None
    limits: list[str]
    has_box: bool | None
    position: int | None
    margin: Decimal | None
    actor_name: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """A change that waits for a second person, with what it is about."""

    row: ApprovalRow
    sku: str
    title: str
    account: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The numbers of the overview."""

    outcomes: dict[str, int]
    at_floor: int
    without_box: int
    with_box: int
    priced: int
    last_at: datetime | None
    approvals: int


_NAMES = """JOIN offer o ON o.id = {row}.offer_id
    JOIN channel_account a ON a.id = {row}.account_id
    LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id"""
_CALLED = "coalesce(p.sku, o.sku) AS sku, coalesce(p.title, o.title) AS title, a.name AS account"


async def overview(session: AsyncSession) -> Overview:
    """Return how pricing stands, in one statement."""
    found = await session.execute(
        text(
            """SELECT outcome, count(*) AS number, count(*) FILTER (WHERE at_floor) AS floor,
            count(*) FILTER (WHERE has_box) AS box, count(*) FILTER (WHERE has_box IS FALSE) AS no_box,
            max(decided_at) AS last, (SELECT count(*) FROM pricing_approval WHERE state = 'waiting') AS approvals
            FROM pricing_standing GROUP BY outcome"""
        )
    )
    rows = found.all()
    return Overview(
        outcomes={row.outcome: row.number for row in rows},
        at_floor=sum(row.floor for row in rows),
        with_box=sum(row.box for row in rows),
        without_box=sum(row.no_box for row in rows),
        priced=sum(row.number for row in rows),
        last_at=max((row.last for row in rows), default=None),
        approvals=rows[0].approvals if rows else 0,
    )


async def standings(  # noqa: PLR0913 -- each is one filter of the page
    session: AsyncSession,
    *,
    outcome: str = "",
    group_id: UUID | None = None,
    account_id: UUID | None = None,
    only: str = "",
    query: str = "",
    offer_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[StandingView]:
    """Return how pricing stands with offers, in the order of their ids.

    Args:
        session: the transaction.
        outcome: only these.
        group_id: only of this group.
        account_id: only on this account.
        only: ``floor``: only at the floor; ``no_box``: only without the buy box.
        query: part of SKU, title, GTIN or the channel's number.
        offer_id: only this one.
        after: only those after this one: the last of the previous page.
        limit: most rows.
    """
    where, values = _filters(
        {"st.outcome": outcome, "st.group_id": group_id, "st.account_id": account_id, "st.offer_id": offer_id}
    )
    where += {"floor": " AND st.at_floor", "no_box": " AND st.has_box IS FALSE"}.get(only, "")
    if query.strip():
        where += " AND position(:query IN o.search_text || ' ' || lower(coalesce(p.sku, ''))) > 0"
        values["query"] = query.strip().lower()
    if after is not None:
        where += " AND st.offer_id > :after"
        values["after"] = after
    found = await session.execute(
        text(
            f"""SELECT st.offer_id, st.account_id, {_CALLED}, st.group_id, g.name AS group, st.rule_id,
            r.name AS rule, st.rule_version, st.decision_id, st.outcome, st.currency,
            CASE WHEN st.outcome IN ('applied') THEN st.price_before
                ELSE coalesce(op.wanted_price, op.published_price, st.price_before) END AS price_before,
            st.price_after, st.floor, st.ceiling, st.at_floor, st.has_box, st.position, st.stock, st.decided_at,
            st.applied_at
            FROM pricing_standing st {_NAMES.format(row="st")}
            LEFT JOIN offer_price op ON op.offer_id = st.offer_id
            LEFT JOIN pricing_group g ON g.id = st.group_id LEFT JOIN pricing_rule r ON r.id = st.rule_id
            WHERE {where} ORDER BY st.offer_id LIMIT :limit"""  # noqa: S608
        ),
        {**values, "limit": limit},
    )
    return [StandingView(**row) for row in found.mappings()]


async def proposed_prices(
    session: AsyncSession, offer_ids: Collection[UUID] | None, *, limit: int
) -> dict[UUID, Decimal]:
    """Return offer -> the price that is proposed: of *offer_ids*, or of all."""
    found = await session.execute(
        text(
            """SELECT offer_id, price_after FROM pricing_standing
            WHERE outcome = 'proposed' AND outcome IN ('proposed', 'held', 'frozen') AND price_after IS NOT NULL
            AND (CAST(:offers AS uuid[]) IS NULL OR offer_id = ANY(CAST(:offers AS uuid[])))
            ORDER BY offer_id LIMIT :limit"""
        ),
        {"offers": None if offer_ids is None else list(offer_ids), "limit": limit},
    )
    return {row[0]: row[1] for row in found}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person."""

    freezes: int
    """Scopes whose prices are frozen."""
    held: int
    """Prices that a second person must agree to."""


async def waiting(session: AsyncSession) -> Waiting:
    """Return what waits for a person."""
    found = await session.execute(
        text(
            """SELECT (SELECT count(*) FROM pricing_freeze WHERE ended_at IS NULL) AS freezes,
            (SELECT count(*) FROM pricing_approval WHERE state = 'waiting') AS held"""
        )
    )
    return Waiting(**found.mappings().one())


async def decisions(
    session: AsyncSession,
    *,
    offer_id: UUID | None = None,
    rule_id: UUID | None = None,
    account_id: UUID | None = None,
    outcome: str = "",
    query: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[DecisionView]:
    """Return decisions, the newest first."""
    where, values = _filters(
        {"d.offer_id": offer_id, "d.rule_id": rule_id, "d.account_id": account_id, "d.outcome": outcome}
    )
    if query.strip():
        where += " AND position(:query IN o.search_text || ' ' || lower(coalesce(p.sku, ''))) > 0"
        values["query"] = query.strip().lower()
    if before is not None:
        where += " AND (d.decided_at, d.id) < (:moment, :last)"
        values["moment"], values["last"] = before
    found = await session.execute(
        text(
            f"""SELECT d.id, d.offer_id, d.account_id, {_CALLED}, g.name AS group, d.rule_id, r.name AS rule,
            d.rule_version, d.trigger, d.outcome, d.currency, d.price_before, d.price_after, d.floor, d.ceiling,
            d.limits, d.has_box, d.position, d.margin, d.actor_name, d.decided_at
            FROM pricing_decision d {_NAMES.format(row="d")}
            LEFT JOIN pricing_group g ON g.id = d.group_id LEFT JOIN pricing_rule r ON r.id = d.rule_id
            WHERE {where} ORDER BY d.decided_at DESC, d.id DESC LIMIT :limit"""  # noqa: S608
        ),
        {**values, "limit": limit},
    )
    return [DecisionView(**row) for row in found.mappings()]


async def derivation(session: AsyncSession, decision_id: UUID) -> dict[str, Any] | None:
    """Return what was kept of a decision."""
    found = await session.execute(text("SELECT derivation FROM pricing_decision WHERE id = :id"), {"id": decision_id})
    return found.scalar_one_or_none()


async def approvals(
    session: AsyncSession, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> list[ApprovalView]:
    """Return changes that wait, or waited, for a second person, the newest first."""
    where, values = _filters({"a.state": state})
    if before is not None:
        where += " AND a.id < :before"
        values["before"] = before
    found = await session.execute(
        text(
            f"""SELECT {APPROVAL}, coalesce(p.sku, o.sku) AS sku, coalesce(p.title, o.title) AS title,
            c.name AS account FROM pricing_approval a JOIN offer o ON o.id = a.offer_id
            JOIN channel_account c ON c.id = a.account_id
            LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
            WHERE {where} ORDER BY a.id DESC LIMIT :limit"""  # noqa: S608
        ),
        {**values, "limit": limit},
    )
    names = ApprovalRow.__slots__
    return [
        ApprovalView(
            row=ApprovalRow(**{name: row[name] for name in names}),
            sku=row["sku"],
            title=row["title"],
            account=row["account"],
        )
        for row in found.mappings()
    ]


async def approval_offer(session: AsyncSession, approval_id: UUID) -> UUID | None:
    """Return which offer a request is about."""
    found = await session.execute(text("SELECT offer_id FROM pricing_approval WHERE id = :id"), {"id": approval_id})
    return found.scalar_one_or_none()


async def frozen_offers(session: AsyncSession, account_id: UUID | None, *, limit: int = 50_000) -> list[UUID]:
    """Return offers whose prices were stopped by a freeze."""
    found = await session.execute(
        text(
            """SELECT offer_id FROM pricing_standing WHERE outcome = 'frozen'
            AND outcome IN ('proposed', 'held', 'frozen')
            AND (CAST(:account AS uuid) IS NULL OR account_id = CAST(:account AS uuid)) ORDER BY offer_id LIMIT :limit"""
        ),
        {"account": account_id, "limit": limit},
    )
    return list(found.scalars())


def _filters(columns: dict[str, object]) -> tuple[str, dict[str, Any]]:
    where, values = ["true"], dict[str, Any]()
    for column, value in columns.items():
        if value:
            name = column.replace(".", "_")
            where.append(f"{column} = :{name}")
            values[name] = value
    return " AND ".join(where), values
