"""Every statement of carriage that changes something, and what decisions need to know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriage.choice import Rule
from entrepot.fulfilment.carriage.models import (
    CarrierChoice,
    CarrierRule,
    Manifest,
    ManifestParcel,
    ParcelProblem,
)
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.sql import text

_RULE = ", ".join(Rule.__struct_fields__)


class WaitingParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that left and is on no manifest."""

    id: UUID
    carrier_shipment_id: str
    tracking_code: str
    parcel_number: str
    weight_g: int
    ship_name: str
    ship_postcode: str
    ship_country: str


class RuleRepository:
    """Rules, and why each parcel goes with its carrier."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def rules(self, seller_id: UUID, *, lock: bool = False) -> list[Rule]:
        """Return a seller's rules in their order."""
        tail = "FOR UPDATE" if lock else ""
        rows = await self._session.execute(
            text(f"SELECT {_RULE} FROM carrier_rule WHERE seller_id = :seller ORDER BY position, id {tail}"),  # noqa: S608 -- column names
            {"seller": seller_id},
        )
        return [msgspec.convert(dict(row), Rule) for row in rows.mappings()]

    async def rule(self, rule_id: UUID) -> Rule | None:
        rows = await self._session.execute(
            text(f"SELECT {_RULE} FROM carrier_rule WHERE id = :id"),  # noqa: S608 -- column names
            {"id": rule_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), Rule)

    async def save(self, rule: Rule) -> None:
        """Store a rule, new or changed."""
        row = {name: getattr(rule, name) for name in Rule.__struct_fields__} | {"countries": list(rule.countries)}
        sets = ", ".join(f"{name} = excluded.{name}" for name in row if name not in {"id", "seller_id"})
        await insert_rows(self._session, CarrierRule, [row], suffix=f"ON CONFLICT (id) DO UPDATE SET {sets}")

    async def remove(self, rule_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM carrier_rule WHERE id = :id"), {"id": rule_id})

    async def place(self, order: Sequence[UUID]) -> None:
        """Number rules in this order, from 1."""
        await self._session.execute(
            text(
                "UPDATE carrier_rule SET position = o.place FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS"
                " o(id, place) WHERE carrier_rule.id = o.id"
            ),
            {"ids": list(order)},
        )

    async def keep_choice(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, CarrierChoice, [row], suffix="ON CONFLICT (shipment_id) DO NOTHING")


class ProblemRepository:
    """Problems of parcels."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """Note problems; one that is known is left as it is, cleared or not.  Returns the new ones."""
        found = await insert_rows(
            self._session,
            ParcelProblem,
            rows,
            suffix="ON CONFLICT (shipment_id, kind, since) DO NOTHING RETURNING id",
        )
        return [row.id for row in found]

    async def open_label(self, row: Mapping[str, Any]) -> None:
        """Note that a shipment has no label; the last reason counts."""
        await insert_rows(
            self._session,
            ParcelProblem,
            [row],
            suffix=(
                "ON CONFLICT (shipment_id, kind, since) DO UPDATE SET text = excluded.text, cleared_at = NULL,"
                " cleared_by = '', cleared_reason = ''"
            ),
        )

    async def open_quiet(self, account_id: UUID, days: int) -> list[UUID]:
        """Note every parcel of an account that nothing was heard of for so long; returns the new problems."""
        rows = await self._session.execute(
            text(
                """
                INSERT INTO parcel_problem (id, seller_id, shipment_id, kind, since, text)
                SELECT gen_random_uuid(), s.seller_id, s.id, 'no_movement', m.at, ''
                FROM shipment s CROSS JOIN LATERAL (
                    SELECT greatest(s.shipped_at, max(t.at)) AS at FROM tracking_event t WHERE t.shipment_id = s.id
                ) m
                WHERE s.carrier_account_id = :account AND s.shipped_at IS NOT NULL
                    AND s.state IN ('labelled', 'in_transit') AND m.at < :before
                ON CONFLICT (shipment_id, kind, since) DO NOTHING RETURNING id
                """
            ),
            {"account": account_id, "before": now() - timedelta(days=days)},
        )
        return [row.id for row in rows]

    async def clear(self, shipment_id: UUID, kinds: Collection[str], since: datetime) -> None:
        """Clear what is older than a good event."""
        await self._session.execute(
            text(
                "UPDATE parcel_problem SET cleared_at = :at WHERE shipment_id = :id AND kind = ANY(:kinds)"
                " AND since <= :since AND cleared_at IS NULL"
            ),
            {"id": shipment_id, "kinds": list(kinds), "since": since, "at": now()},
        )

    async def clear_labels(self, parcel_id: UUID) -> None:
        """Clear missing labels of a parcel that has one now."""
        await self._session.execute(
            text(
                "UPDATE parcel_problem p SET cleared_at = :at FROM shipment s WHERE s.id = p.shipment_id"
                " AND s.parcel_id = :parcel AND p.kind = 'label' AND p.cleared_at IS NULL"
            ),
            {"parcel": parcel_id, "at": now()},
        )

    async def clear_one(self, problem_id: UUID, by: str, reason: str) -> bool:
        """Clear a problem by hand; False if there is none that is open."""
        rows = await self._session.execute(
            text(
                "UPDATE parcel_problem SET cleared_at = :at, cleared_by = :by, cleared_reason = :reason"
                " WHERE id = :id AND cleared_at IS NULL RETURNING id"
            ),
            {"id": problem_id, "at": now(), "by": by, "reason": reason},
        )
        return rows.first() is not None


class ManifestRepository:
    """Manifests and the parcels on them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def waiting(self, account_id: UUID, since: datetime) -> list[WaitingParcel]:
        """Return parcels of an account that left after *since* and are on no manifest, the oldest first."""
        rows = await self._session.execute(
            text(
                """
                SELECT s.id, s.carrier_shipment_id, s.tracking_code, p.number AS parcel_number, p.weight_g, o.ship_name,
                    o.ship_postcode, o.ship_country
                FROM shipment s JOIN parcel p ON p.id = s.parcel_id JOIN sales_order o ON o.id = s.order_id
                WHERE s.carrier_account_id = :account AND s.shipped_at >= :since AND p.with_parcel_id IS NULL
                    AND s.state NOT IN ('failed', 'cancelled', 'requested')
                    AND NOT EXISTS (SELECT FROM manifest_parcel m WHERE m.shipment_id = s.id)
                ORDER BY s.shipped_at, s.id
                """
            ),
            {"account": account_id, "since": since},
        )
        return [msgspec.convert(dict(row), WaitingParcel) for row in rows.mappings()]

    async def lock(self, account_id: UUID) -> None:
        """Let one transaction at a time close an account's day."""
        await self._session.execute(text("SELECT 1 FROM carrier_account WHERE id = :id FOR UPDATE"), {"id": account_id})

    async def insert(self, manifest: Mapping[str, Any], shipment_ids: Sequence[UUID]) -> None:
        await insert_rows(self._session, Manifest, [manifest])
        await insert_rows(
            self._session,
            ManifestParcel,
            [
                {"shipment_id": one, "seller_id": manifest["seller_id"], "manifest_id": manifest["id"]}
                for one in shipment_ids
            ],
        )
