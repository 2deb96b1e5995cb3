"""Every statement of the governor: limits, counters, freezes, approvals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricing.models import Approval, Freeze

NUMBERS = (
    "step_percent",
    "hour_percent",
    "approval_percent",
    "hour_share",
    "day_share",
    "floor_share",
    "stock_share",
    "stock_units",
    "hour_items",
    "day_items",
    "least_offers",
)
"""Every limit there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsRow:
    """What is set for one scope; None: nothing."""

    id: UUID
    seller_id: UUID | None
    account_id: UUID | None
    step_percent: Decimal | None
    hour_percent: Decimal | None
    approval_percent: Decimal | None
    hour_share: Decimal | None
    day_share: Decimal | None
    floor_share: Decimal | None
    stock_share: Decimal | None
    stock_units: int | None
    hour_items: int | None
    day_items: int | None
    least_offers: int | None
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRow:
    """The counters of one scope, locked."""

    scope: str
    counting_since: datetime
    hour_began: datetime
    hour_moved: int
    day_began: datetime
    day_moved: int
    floor_allowed: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRow:
    """One freeze."""

    id: UUID
    scope: str
    seller_id: UUID | None
    account_id: UUID | None
    cause: str
    facts: dict[str, Any]
    began_at: datetime
    began_by: str
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRow:
    """A change that waits, or waited, for a second person."""

    id: UUID
    seller_id: UUID
    account_id: UUID
    offer_id: UUID
    decision_id: UUID
    currency: str
    price_before: Decimal
    price_after: Decimal
    floor: Decimal | None
    ceiling: Decimal | None
    state: str
    requested_by: str
    requested_by_name: str
    asked_by: list[str]
    requested_at: datetime
    answered_by: str
    answered_by_name: str
    answered_at: datetime | None


_LIMITS = ", ".join(LimitsRow.__slots__)
_COUNTER = ", ".join(CounterRow.__slots__)
_FREEZE = ", ".join(f"f.{name}" for name in FreezeRow.__slots__)
APPROVAL = ", ".join(f"a.{name}" for name in ApprovalRow.__slots__)


@dataclass(frozen=True, slots=True)
class Figures:
    """How one scope stands, before what is about to happen."""

    offers: int
    hour: int
    day: int
    at_floor: int
    moved: frozenset[UUID]
    """Of the offers asked about, those that moved within the hour."""
    floored: frozenset[UUID]
    """Of those, the ones at their floor."""


class GovernorRepository:
    """The governor's tables in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # Limits

    async def limits(self) -> list[LimitsRow]:
        """Return what is set for every scope the transaction sees, and for the instance."""
        found = await self._session.execute(text(f"SELECT {_LIMITS} FROM pricing_limits"))  # noqa: S608
        return [LimitsRow(**row) for row in found.mappings()]

    async def put_limits(self, row: Mapping[str, Any]) -> UUID:
        """Store what holds for a scope."""
        names = tuple(row)
        sets = ", ".join(f"{name} = excluded.{name}" for name in (*NUMBERS, "updated_by", "updated_at"))
        columns = ", ".join(names)
        values = ", ".join(f":{name}" for name in names)
        found = await self._session.execute(
            text(
                f"""INSERT INTO pricing_limits ({columns}) VALUES ({values})
                ON CONFLICT (seller_id, account_id) DO UPDATE SET {sets} RETURNING id"""  # noqa: S608
            ),
            dict(row),
        )
        return UUID(str(found.scalar_one()))

    # Counters

    async def lock_counters(self, scopes: Sequence[tuple[str, UUID | None]], at: datetime) -> dict[str, CounterRow]:
        """Lock the counters of scopes in the order given, making those that are missing."""
        locked: dict[str, CounterRow] = {}
        for scope, seller_id in scopes:
            await self._session.execute(
                text(
                    """INSERT INTO pricing_counter
                    (scope, seller_id, counting_since, hour_began, hour_moved, day_began, day_moved)
                    VALUES (:scope, :seller, :long_ago, :at, 0, :at, 0) ON CONFLICT (scope) DO NOTHING"""
                ),
                {"scope": scope, "seller": seller_id, "at": at, "long_ago": datetime(2000, 1, 1, tzinfo=at.tzinfo)},
            )
            found = await self._session.execute(
                text(f"SELECT {_COUNTER} FROM pricing_counter WHERE scope = :scope FOR UPDATE"),  # noqa: S608
                {"scope": scope},
            )
            locked[scope] = CounterRow(**found.mappings().one())
        return locked

    async def count(self, counter: CounterRow) -> None:
        """Store a locked counter."""
        await self._session.execute(
            text(
                """UPDATE pricing_counter SET counting_since = :counting_since, hour_began = :hour_began,
                hour_moved = :hour_moved, day_began = :day_began, day_moved = :day_moved,
                floor_allowed = :floor_allowed WHERE scope = :scope"""
            ),
            {name: getattr(counter, name) for name in CounterRow.__slots__},
        )

    async def figures(
        self,
        *,
        seller_id: UUID,
        account_id: UUID | None,
        hour: datetime,
        day: datetime,
        offers: Collection[UUID] = (),
    ) -> Figures:
        """Return how many offers a scope has, how many moved since *hour* and *day*, and how many are at their floor.

        Counted in indexes, and only of *offers* named: with hundreds of thousands this is asked for every few hundred moves.
        """
        scope = "seller_id = :seller" + ("" if account_id is None else " AND account_id = :account")
        floor = "at_floor AND outcome IN ('applied', 'unchanged')"
        counts = "SELECT count(*) FROM pricing_standing WHERE"
        named = "SELECT array_agg(offer_id) FROM pricing_standing WHERE offer_id = ANY(:offers) AND"
        found = await self._session.execute(
            text(
                f"""
                SELECT (SELECT count(*) FROM offer WHERE {scope} AND gone_at IS NULL) AS offers,
                    ({counts} {scope} AND applied_at > :hour) AS hour, ({counts} {scope} AND applied_at > :day) AS day,
                    ({counts} {scope} AND {floor}) AS at_floor,
                    ({named} {scope} AND applied_at > :hour) AS moved, ({named} {scope} AND {floor}) AS floored
                """  # noqa: S608 -- pieces of this function
            ),
            {"seller": seller_id, "hour": hour, "day": day, "offers": list(offers)}
            | ({} if account_id is None else {"account": account_id}),
        )
        row = found.one()
        return Figures(
            row.offers, row.hour, row.day, row.at_floor, frozenset(row.moved or ()), frozenset(row.floored or ())
        )

    async def prices_before(self, offer_ids: Collection[UUID], since: datetime) -> dict[UUID, Decimal]:
        """Return what offers cost before the first change since a moment, of those that changed."""
        found = await self._session.execute(
            text(
                """SELECT DISTINCT ON (offer_id) offer_id, price_before FROM pricing_decision
                WHERE offer_id = ANY(:offers) AND decided_at > :since AND outcome = 'applied'
                AND price_before IS NOT NULL ORDER BY offer_id, decided_at"""
            ),
            {"offers": list(offer_ids), "since": since},
        )
        return {row[0]: row[1] for row in found}

    # Freezes

    async def open_freezes(self) -> list[FreezeRow]:
        """Return what is frozen now, of the scopes that the transaction sees and of the instance."""
        found = await self._session.execute(
            text(f"SELECT {_FREEZE} FROM pricing_freeze f WHERE ended_at IS NULL ORDER BY began_at, id")  # noqa: S608
        )
        return [FreezeRow(**row) for row in found.mappings()]

    async def freezes(self, *, limit: int = 50) -> list[FreezeRow]:
        """Return freezes, the newest first."""
        found = await self._session.execute(
            text(f"SELECT {_FREEZE} FROM pricing_freeze f ORDER BY began_at DESC, id DESC LIMIT :limit"),  # noqa: S608
            {"limit": limit},
        )
        return [FreezeRow(**row) for row in found.mappings()]

    async def lock_freeze(self, freeze_id: UUID) -> FreezeRow | None:
        """Return one freeze, which nobody else ends meanwhile."""
        found = await self._session.execute(
            text(f"SELECT {_FREEZE} FROM pricing_freeze f WHERE f.id = :id FOR UPDATE"),  # noqa: S608
            {"id": freeze_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else FreezeRow(**row)

    async def freeze(self, row: Mapping[str, Any]) -> bool:
        """Store a freeze unless the scope is frozen; return whether it was not."""
        made = await insert_rows(
            self._session,
            Freeze,
            [row],
            suffix="ON CONFLICT (scope) WHERE ended_at IS NULL DO NOTHING RETURNING id",
        )
        return bool(made)

    async def stopped(self, offer_ids: Collection[UUID]) -> None:
        """Note that what was decided about offers was stopped: they are looked at again after the freeze."""
        await self._session.execute(
            text("UPDATE pricing_standing SET outcome = 'frozen' WHERE offer_id = ANY(:offers)"),
            {"offers": list(offer_ids)},
        )

    async def end_freeze(self, freeze_id: UUID, at: datetime, by: str) -> None:
        """End a freeze."""
        await self._session.execute(
            text("UPDATE pricing_freeze SET ended_at = :at, ended_by = :by WHERE id = :id"),
            {"id": freeze_id, "at": at, "by": by},
        )

    # Approvals

    async def asked_lately(self, offer_ids: Collection[UUID], since: datetime) -> dict[UUID, list[tuple[str, Decimal]]]:
        """Return state and price of what was asked for offers since a moment, or still waits."""
        found = await self._session.execute(
            text(
                """SELECT offer_id, state, price_after FROM pricing_approval
                WHERE offer_id = ANY(:offers) AND (state = 'waiting' OR requested_at > :since)"""
            ),
            {"offers": list(offer_ids), "since": since},
        )
        asked: dict[UUID, list[tuple[str, Decimal]]] = {}
        for offer_id, state, price in found:
            asked.setdefault(offer_id, []).append((state, price))
        return asked

    async def overtake(self, offer_ids: Collection[UUID], at: datetime) -> None:
        """Close what waits for these offers: another price is wanted now."""
        await self._session.execute(
            text(
                """UPDATE pricing_approval SET state = 'overtaken', answered_at = :at
                WHERE offer_id = ANY(:offers) AND state = 'waiting'"""
            ),
            {"offers": list(offer_ids), "at": at},
        )

    async def cost_editors(self, offer_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return the ids of who last said what offers cost."""
        found = await self._session.execute(
            text(
                """SELECT DISTINCT ON (o.id) o.id, c.changed_by FROM offer o JOIN pricing_cost c
                    ON c.seller_id = o.seller_id AND (c.product_id IS NULL OR c.product_id = o.product_id)
                    AND (c.account_id IS NULL OR c.account_id = o.account_id)
                WHERE o.id = ANY(:offers) ORDER BY o.id, c.updated_at DESC"""
            ),
            {"offers": list(offer_ids)},
        )
        return {row[0]: row[1] for row in found}

    async def ask(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store what waits for a second person."""
        await insert_rows(self._session, Approval, rows)

    async def lock_approval(self, approval_id: UUID) -> ApprovalRow | None:
        """Return one request, which nobody else answers meanwhile."""
        found = await self._session.execute(
            text(f"SELECT {APPROVAL} FROM pricing_approval a WHERE a.id = :id FOR UPDATE"),  # noqa: S608
            {"id": approval_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else ApprovalRow(**row)

    async def answer(self, approval_id: UUID, *, state: str, by: str, name: str, at: datetime) -> None:
        """Store an answer; the database refuses one of whoever asked."""
        await self._session.execute(
            text(
                """UPDATE pricing_approval SET state = :state, answered_by = :by, answered_by_name = :name,
                answered_at = :at WHERE id = :id"""
            ),
            {"id": approval_id, "state": state, "by": by, "name": name, "at": at},
        )
