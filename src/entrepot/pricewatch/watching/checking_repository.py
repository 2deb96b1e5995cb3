"""The statements of checking: leasing what is due, and storing what came of it, thousands at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricewatch.watching.domain import Pin, Window
from entrepot.pricewatch.watching.models import PriceListing, PriceObservation
from entrepot.pricewatch.watching.outcomes import COLUMNS, Due
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.stores_repository import STORE, store_of

LEASE = timedelta(minutes=10)
"""How long an interrupted run keeps its listings from others."""
LOOKED_THROUGH = 5000
"""Due listings among which a batch is chosen, so that one slow store does not fill it."""

_SET = (*COLUMNS, "next_check_at")
_TYPES = ", ".join(
    f"{name} {PriceListing.__table__.columns[name].type.compile(dialect=postgresql.dialect())}"  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor untyped
    for name in _SET
)
_DUE = ", ".join(
    f"l.{name}" for name in Due.__struct_fields__ if name not in {"store", "product_id", "product_title", "named"}
)


class CheckingRepository:
    """Listings that are being checked, in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lease(self, present: datetime, *, limit: int, busy: Collection[UUID], seconds: int) -> list[UUID]:
        """Keep at most *limit* due listings for the caller; no other run gets them until :data:`LEASE` has passed.

        Args:
            present: now.
            limit: the most.
            busy: stores that have enough to do.
            seconds: of each store no more than it can be asked in this time.
        """
        found = await self._session.execute(
            text(
                """
                WITH due AS (
                    SELECT id, store_id, next_check_at FROM price_listing
                    WHERE NOT paused AND discontinued_at IS NULL AND next_check_at <= :now
                        AND (leased_until IS NULL OR leased_until < :now) AND NOT store_id = ANY(:busy)
                    ORDER BY next_check_at LIMIT :looked
                ), ranked AS (
                    SELECT d.id, row_number() OVER (PARTITION BY d.store_id ORDER BY d.next_check_at) AS turn,
                        greatest(1, CAST(:seconds AS int) * 1000 / greatest(s.interval_ms, 10)) AS most
                    FROM due d JOIN price_store s ON s.id = d.store_id
                ), chosen AS (
                    SELECT l.id FROM price_listing l JOIN ranked r ON r.id = l.id
                    WHERE r.turn <= r.most AND NOT l.paused AND (l.leased_until IS NULL OR l.leased_until < :now)
                    ORDER BY l.next_check_at LIMIT :limit FOR UPDATE OF l SKIP LOCKED
                )
                UPDATE price_listing l SET leased_until = :until FROM chosen WHERE l.id = chosen.id RETURNING l.id
                """
            ),
            {
                "now": present,
                "until": present + LEASE,
                "limit": limit,
                "looked": LOOKED_THROUGH,
                "busy": list(busy),
                "seconds": seconds,
            },
        )
        return list(found.scalars())

    async def due(self, ids: Collection[UUID]) -> list[Due]:
        """Return these listings with all that their check needs."""
        listings = await self._session.execute(
            text(
                f"""
                SELECT {_DUE}, l.store_id, p.product_id, p.title AS product_title, p.named
                FROM price_listing l JOIN watched_product p ON p.id = l.watched_product_id WHERE l.id = ANY(:ids)
                """  # noqa: S608 -- our own columns
            ),
            {"ids": list(ids)},
        )
        rows = listings.mappings().all()
        found = await self._session.execute(
            text(f"SELECT {STORE} FROM price_store s WHERE s.id = ANY(:ids)"),  # noqa: S608 -- our own columns
            {"ids": list({row["store_id"] for row in rows})},
        )
        stores: dict[UUID, StoreRef] = {row["id"]: store_of(row) for row in found.mappings()}
        return [
            Due(
                **{name: row[name] for name in Due.__struct_fields__ if name not in {"store", "pins", "window"}},
                store=stores[row["store_id"]],
                pins=tuple(msgspec.convert(row["pins"], list[Pin])),
                window=msgspec.convert(row["window"], Window | None),
            )
            for row in rows
        ]

    async def hold(self, ids: Collection[UUID]) -> set[UUID]:
        """Return those that are still there, and keep them from being removed until the transaction ends."""
        found = await self._session.execute(
            text("SELECT id FROM price_listing WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE"), {"ids": list(ids)}
        )
        return set(found.scalars())

    async def store(self, rows: Sequence[dict[str, Any]]) -> set[UUID]:
        """Store what came of checks, except of listings that a person changed meanwhile; return whose it was."""
        if not rows:
            return set()
        assigned = ", ".join(f"{name} = t.{name}" for name in _SET)
        found = await self._session.execute(
            text(
                f"""
                WITH t AS MATERIALIZED (
                    SELECT * FROM json_to_recordset(:rows) AS t(id uuid, version int, {_TYPES}) ORDER BY id
                )
                UPDATE price_listing l SET {assigned}, leased_until = NULL FROM t
                WHERE l.id = t.id AND l.version = t.version RETURNING l.id
                """  # noqa: S608 -- our own columns
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )
        return set(found.scalars())

    async def give_back(self, ids: Collection[UUID], at: datetime) -> None:
        """Let listings be checked again that a person changed while they were."""
        await self._session.execute(
            text("UPDATE price_listing SET leased_until = NULL, next_check_at = :at WHERE id = ANY(:ids)"),
            {"ids": list(ids), "at": at},
        )

    async def observe(self, rows: Sequence[dict[str, Any]]) -> None:
        await insert_many(self._session, PriceObservation, rows)

    async def name_products(self, rows: Sequence[dict[str, Any]]) -> None:
        """Call products as the first page that was read calls them, unless a person named them; give them a picture."""
        if not rows:
            return
        await self._session.execute(
            text(
                """
                UPDATE watched_product p SET
                    title = CASE WHEN p.named OR t.title = '' THEN p.title ELSE t.title END,
                    named = p.named OR t.title <> '',
                    gtin = CASE WHEN p.gtin = '' THEN t.gtin ELSE p.gtin END,
                    image_url = CASE WHEN p.image_url = '' THEN t.image_url ELSE p.image_url END
                FROM json_to_recordset(:rows) AS t(id uuid, title text, gtin text, image_url text)
                WHERE p.id = t.id AND (NOT p.named OR p.image_url = '' OR p.gtin = '')
                """
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )
