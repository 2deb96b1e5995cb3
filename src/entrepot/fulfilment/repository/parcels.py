"""Parcels, shipments, label attempts and what carriers tell about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.models import LabelAttempt, Parcel, ParcelLine, Shipment, TrackingScan
from entrepot.fulfilment.refs import ParcelRef, ShipmentRef
from entrepot.kit.bulk import insert_all, insert_many, insert_rows
from entrepot.kit.sql import text

_PARCEL = ", ".join(name for name in ParcelRef.__struct_fields__ if name != "lines")
_PARCEL_LINES = """coalesce((
    SELECT jsonb_agg(jsonb_build_object(
        'order_line_id', l.order_line_id, 'sku', l.sku, 'title', l.title, 'quantity', l.quantity
    ) ORDER BY l.sku)
    FROM parcel_line l WHERE l.parcel_id = parcel.id
), '[]') AS lines"""
_SHIPMENT = ", ".join(ShipmentRef.__struct_fields__)


_PARCEL_FIELDS = ParcelRef.__struct_fields__


def _parcel(row: RowMapping) -> ParcelRef:
    return msgspec.convert({name: row[name] for name in _PARCEL_FIELDS}, ParcelRef)


class ParcelRepository:
    """Parcels and shipments within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # -- parcels

    async def insert_parcel(self, parcel: ParcelRef, client_id: str | None) -> None:
        """Store a parcel with its lines, under the id of the act that made it."""
        row = {**msgspec.structs.asdict(parcel), "status": str(parcel.status), "client_id": client_id}
        of = {"parcel_id": parcel.id, "seller_id": parcel.seller_id}
        del row["lines"]
        lines = [{**of, **msgspec.structs.asdict(line)} for line in parcel.lines]
        await insert_all(self._session, (Parcel, [row]), (ParcelLine, lines))

    async def parcel(self, parcel_id: UUID, *, lock: bool = False) -> ParcelRef | None:
        found = await self._parcels(f"WHERE id = :id {'FOR UPDATE' if lock else ''}", id=parcel_id)
        return found[0] if found else None

    async def parcel_of_client(self, seller_id: UUID, client_id: str) -> ParcelRef | None:
        found = await self._parcels(
            "WHERE seller_id = :seller AND client_id = :client", seller=seller_id, client=client_id
        )
        return found[0] if found else None

    async def parcels_of(self, order_id: UUID) -> list[ParcelRef]:
        """Return every parcel of an order, the cancelled ones included, oldest first."""
        return await self._parcels("WHERE order_id = :id ORDER BY id", id=order_id)

    async def of_order_or_act(
        self, order_id: UUID, seller_id: UUID, client_id: str | None
    ) -> tuple[list[ParcelRef], ParcelRef | None]:
        """Return every parcel of an order as :meth:`parcels_of`, and the one that was packed under this client id."""
        rows = await self._session.execute(
            text(
                f"SELECT {_PARCEL}, {_PARCEL_LINES}, client_id FROM parcel"  # noqa: S608 -- column names
                " WHERE order_id = :id OR (seller_id = :seller AND client_id = :client) ORDER BY id"
            ),
            {"id": order_id, "seller": seller_id, "client": client_id},
        )
        found = [(row["client_id"], _parcel(row)) for row in rows.mappings()]
        done = next((one for client, one in found if client_id and client == client_id), None)
        return [one for _, one in found if one.order_id == order_id], done

    async def to_hand_over(self, order_id: UUID) -> tuple[list[ParcelRef], str | None]:
        """Return every parcel of an order as :meth:`parcels_of`, and the carrier whose label one has and still waits."""
        rows = await self._session.execute(
            text(
                f"SELECT {_PARCEL}, {_PARCEL_LINES}, (SELECT s.carrier_name FROM shipment s WHERE s.order_id = :id"  # noqa: S608 -- column names
                " AND s.state = 'labelled' AND s.shipped_at IS NULL ORDER BY s.id LIMIT 1) AS awaited_by"
                " FROM parcel WHERE order_id = :id ORDER BY id"
            ),
            {"id": order_id},
        )
        found = list(rows.mappings())
        return [_parcel(row) for row in found], found[0]["awaited_by"] if found else None

    async def in_one_box(self, parcel: ParcelRef) -> list[ParcelRef]:
        """Return the parcels of all orders that lie in the box of *parcel*, itself among them; whose label it is, first."""
        lead = parcel.with_parcel_id or parcel.id
        found = await self._parcels("WHERE id = :id OR with_parcel_id = :id ORDER BY id", id=lead)
        return sorted(found, key=lambda one: one.id != lead)

    async def _parcels(self, rest: str, **values: object) -> list[ParcelRef]:
        rows = await self._session.execute(text(f"SELECT {_PARCEL}, {_PARCEL_LINES} FROM parcel {rest}"), values)  # noqa: S608 -- column names
        return [_parcel(row) for row in rows.mappings()]

    async def update_parcel(self, parcel_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE parcel SET {sets} WHERE id = :parcel_id"),  # noqa: S608 -- column names of the callers
            {**values, "parcel_id": parcel_id},
        )

    # -- shipments

    async def insert_shipment(self, row: Mapping[str, Any]) -> None:
        await insert_many(self._session, Shipment, [row])

    async def hand_over(self, shipment: Mapping[str, Any]) -> None:
        """Store the shipment of a parcel that leaves without a carrier's label, and let the parcel leave."""
        names = ", ".join(shipment)
        values = ", ".join(f":{name}" for name in shipment)
        await self._session.execute(
            text(
                "WITH gone AS (UPDATE parcel SET status = 'shipped', shipped_at = :shipped_at WHERE id = :parcel_id)"  # noqa: S608 -- column names of the callers
                f" INSERT INTO shipment ({names}, service, request) VALUES ({values}, '', '{{}}')"
            ),
            dict(shipment),
        )

    async def shipment(self, shipment_id: UUID, *, lock: bool = False) -> ShipmentRef | None:
        found = await self._shipments(f"WHERE id = :id {'FOR UPDATE' if lock else ''}", id=shipment_id)
        return found[0] if found else None

    async def current_shipment(self, parcel_id: UUID) -> ShipmentRef | None:
        """Return the shipment of a parcel that is neither refused nor cancelled."""
        found = await self._shipments(
            "WHERE parcel_id = :id AND state NOT IN ('failed', 'cancelled') FOR UPDATE", id=parcel_id
        )
        return found[0] if found else None

    async def shipments_of(self, order_id: UUID) -> list[ShipmentRef]:
        return await self._shipments("WHERE order_id = :id ORDER BY id", id=order_id)

    async def to_track(self, account_id: UUID, at: datetime, limit: int) -> list[ShipmentRef]:
        """Return shipped parcels of an account that are to be asked about."""
        return await self._shipments(
            "WHERE carrier_account_id = :account AND shipped_at IS NOT NULL"
            " AND state IN ('labelled', 'in_transit', 'problem') AND next_look_at <= :at"
            " ORDER BY next_look_at LIMIT :limit",
            account=account_id,
            at=at,
            limit=limit,
        )

    async def _shipments(self, rest: str, **values: object) -> list[ShipmentRef]:
        rows = await self._session.execute(text(f"SELECT {_SHIPMENT} FROM shipment {rest}"), values)  # noqa: S608 -- column names
        return [msgspec.convert(dict(row), ShipmentRef) for row in rows.mappings()]

    async def keep_request(self, shipment_id: UUID, request: Mapping[str, Any]) -> None:
        """Replace what the carrier is asked."""
        await self._session.execute(
            text("UPDATE shipment SET request = CAST(:request AS jsonb) WHERE id = :id"),
            {"id": shipment_id, "request": msgspec.json.encode(request).decode()},
        )

    async def update_shipment(self, shipment_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE shipment SET {sets} WHERE id = :shipment_id"),  # noqa: S608 -- column names of the callers
            {**values, "shipment_id": shipment_id},
        )

    async def deliver_by_hand(self, order_id: UUID, received_by: str, at: datetime) -> list[ShipmentRef]:
        """Note that what left of an order arrived; return those shipments."""
        rows = await self._session.execute(
            text(
                "UPDATE shipment SET state = 'delivered', delivered_at = :at, received_by = :name"  # noqa: S608 -- column names
                " WHERE order_id = :order AND shipped_at IS NOT NULL AND state IN ('labelled', 'in_transit', 'problem')"
                f" RETURNING {_SHIPMENT}"
            ),
            {"order": order_id, "at": at, "name": received_by},
        )
        return [msgspec.convert(dict(row), ShipmentRef) for row in rows.mappings()]

    async def add_attempt(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, LabelAttempt, [row])

    async def add_scans(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Note what carriers report; return the milestones that are new."""
        found = await insert_rows(
            self._session,
            TrackingScan,
            rows,
            suffix="ON CONFLICT (shipment_id, milestone, at) DO NOTHING RETURNING milestone",
        )
        return [row.milestone for row in found]
