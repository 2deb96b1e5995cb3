"""Every statement on fetches, snapshots and cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricewatch.snapshots.domain import Kept
from entrepot.pricewatch.snapshots.models import PriceCase, PriceFetch, PriceSnapshot

SAMPLES = 30
"""Listings of a store whose last good page is replayed, besides the cases."""
CASES = 200


class SnapshotRepository:
    """The rows of the transaction's sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def latest(self, listing_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, Kept]]:
        """Return the page kept last of each listing that has one."""
        found = await self._session.execute(
            text(
                "SELECT l.id AS listing_id, s.id, s.answer_sha256, s.good, s.fetched_at"
                " FROM unnest(CAST(:ids AS uuid[])) AS l(id) CROSS JOIN LATERAL (SELECT * FROM price_snapshot"
                " WHERE listing_id = l.id ORDER BY fetched_at DESC LIMIT 1) AS s"
            ),
            {"ids": list(listing_ids)},
        )
        return {row[0]: (row[1], Kept(*row[2:])) for row in found.all()}

    async def add(self, snapshots: Sequence[Mapping[str, Any]], fetches: Sequence[Mapping[str, Any]]) -> None:
        """Write kept pages and fetches."""
        await insert_rows(self._session, PriceSnapshot, snapshots)
        await insert_rows(self._session, PriceFetch, fetches)

    async def seen(self, snapshot_ids: Sequence[UUID], at: Sequence[datetime]) -> None:
        """Note when kept pages last said the same."""
        if snapshot_ids:
            await self._session.execute(
                text(
                    "UPDATE price_snapshot SET seen_at = GREATEST(seen_at, t.at) FROM unnest(CAST(:ids AS uuid[]),"
                    " CAST(:at AS timestamptz[])) AS t(id, at) WHERE price_snapshot.id = t.id"
                ),
                {"ids": list(snapshot_ids), "at": list(at)},
            )

    async def snapshot(self, snapshot_id: UUID) -> RowMapping | None:
        """Return one kept page's row."""
        found = await self._session.execute(
            text(
                "SELECT id, seller_id, store_id, listing_id, url, content_type, bytes, storage_key"
                " FROM price_snapshot WHERE id = :id"
            ),
            {"id": snapshot_id},
        )
        return found.mappings().one_or_none()

    async def fetches(self, listing_id: UUID, limit: int) -> Sequence[RowMapping]:
        """Return the latest fetches of a listing; the snapshot only if it is still kept."""
        found = await self._session.execute(
            text(
                "SELECT f.id, f.seller_id, f.store_id, f.listing_id, f.url, f.at, f.mode, f.status, f.took_ms, f.size,"
                " f.content_type, f.call_id, f.problem, f.answers, f.findings, f.good, s.id AS snapshot_id"
                " FROM price_fetch f LEFT JOIN price_snapshot s ON s.id = f.snapshot_id"
                " WHERE f.listing_id = :listing ORDER BY f.at DESC, f.id DESC LIMIT :limit"
            ),
            {"listing": listing_id, "limit": limit},
        )
        return found.mappings().all()

    async def cases(self, store_id: UUID) -> Sequence[RowMapping]:
        """Return the store's cases with their pages' rows, the newest first."""
        found = await self._session.execute(
            text(
                "SELECT c.id, c.store_id, c.snapshot_id, s.listing_id, s.url, s.content_type, s.bytes, s.storage_key,"
                " c.truth, c.wrong, c.note, c.by, c.at FROM price_case c JOIN price_snapshot s ON s.id = c.snapshot_id"
                " WHERE c.store_id = :store ORDER BY c.id DESC LIMIT :limit"
            ),
            {"store": store_id, "limit": CASES},
        )
        return found.mappings().all()

    async def samples(self, store_id: UUID) -> Sequence[RowMapping]:
        """Return the last good page of some of the store's listings that are no cases: those fetched last."""
        found = await self._session.execute(
            text(
                "SELECT * FROM (SELECT DISTINCT ON (listing_id) id, url, content_type, bytes, storage_key, fetched_at"
                " FROM price_snapshot s WHERE store_id = :store AND good AND listing_id IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM price_case c WHERE c.snapshot_id = s.id)"
                " ORDER BY listing_id, fetched_at DESC) AS last ORDER BY fetched_at DESC LIMIT :limit"
            ),
            {"store": store_id, "limit": SAMPLES},
        )
        return found.mappings().all()

    async def add_case(self, row: Mapping[str, Any]) -> UUID:
        """Add a case, or what is newly known to the one of the same page; return its id."""
        [(case_id,)] = await insert_rows(
            self._session,
            PriceCase,
            [row],
            suffix="ON CONFLICT (snapshot_id) DO UPDATE SET truth = (price_case.truth || excluded.truth),"
            " wrong = (price_case.wrong || excluded.wrong)"
            " - ARRAY(SELECT jsonb_object_keys(price_case.truth || excluded.truth)),"
            " note = CASE WHEN excluded.note <> '' THEN excluded.note ELSE price_case.note END,"
            " by = excluded.by, at = excluded.at RETURNING id",
        )
        return UUID(str(case_id))

    async def remove_case(self, case_id: UUID) -> bool:
        """Remove a case; return whether there was one."""
        found = await self._session.execute(text("DELETE FROM price_case WHERE id = :id RETURNING id"), {"id": case_id})
        return found.one_or_none() is not None


async def forget_fetches(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Remove what fetches before a moment brought, the oldest first; return how many."""
    return await _count(
        session,
        "DELETE FROM price_fetch WHERE id IN"
        " (SELECT id FROM price_fetch WHERE at < :before ORDER BY at LIMIT :limit) RETURNING 1",
        {"before": before, "limit": limit},
    )


async def forget_snapshots(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Remove pages that nobody saw since a moment, but cases and each listing's last good one; return how many."""
    return await _count(
        session,
        "DELETE FROM price_snapshot WHERE id IN (SELECT s.id FROM price_snapshot s"
        " WHERE s.fetched_at < :before AND s.seen_at < :before"
        " AND NOT EXISTS (SELECT 1 FROM price_case c WHERE c.snapshot_id = s.id)"
        " AND (NOT s.good OR s.listing_id IS NULL OR EXISTS (SELECT 1 FROM price_snapshot n"
        " WHERE n.listing_id = s.listing_id AND n.good AND (n.fetched_at, n.id) > (s.fetched_at, s.id)))"
        " ORDER BY s.fetched_at LIMIT :limit) RETURNING 1",
        {"before": before, "limit": limit},
    )


async def waste(session: AsyncSession, *, limit: int) -> list[str]:
    """Return content in storage that no row leads to."""
    found = await session.execute(text("SELECT storage_key FROM storage_waste LIMIT :limit"), {"limit": limit})
    return list(found.scalars())


async def cleared(session: AsyncSession, keys: Sequence[str]) -> None:
    """Note that content was removed."""
    await session.execute(
        text("DELETE FROM storage_waste WHERE storage_key = ANY(CAST(:keys AS text[]))"), {"keys": list(keys)}
    )


async def _count(session: AsyncSession, statement: str, facts: dict[str, object]) -> int:
    found = await session.execute(text(f"WITH gone AS ({statement}) SELECT count(*) FROM gone"), facts)  # noqa: S608 -- our own words
    return int(found.scalar_one())
