"""Every statement that decides prices and has them sent."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.prices.models import PriceDrift, PriceHold, PricePush
from entrepot.offers.prices.rows import PRICES, ClaimedPrice, PriceRow, money

LEASE = timedelta(minutes=10)
"""How long an interrupted run keeps its prices from other runs."""
KEPT_AT_ONCE = 5_000

_ROW = ", ".join(PriceRow.__slots__)
_WRITTEN = {
    "wanted_price": "numeric",
    "wanted_source": "text",
    "wanted_source_id": "uuid",
    "wanted_at": "timestamptz",
    "derivation": "jsonb",
    "problem": "text",
    "locked": "boolean",
    "manual_price": "numeric",
    "manual_reason": "text",
    "locked_by": "text",
    "locked_at": "timestamptz",
    "rule_price": "numeric",
    "rule_source_id": "uuid",
    "rule_derivation": "jsonb",
    "rule_at": "timestamptz",
    "base_price": "numeric",
}
"""What deciding changes, and how PostgreSQL calls its type."""


def row_of(values: dict[str, Any]) -> PriceRow:
    """Return a row with as many decimals as its currency has."""
    for name in PRICES:
        values[name] = money(values[name], values["currency"])
    return PriceRow(**values)


class PriceRepository:
    """Prices in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # Deciding

    async def ensure(self, offer_ids: Collection[UUID]) -> None:
        """Make the rows of offers that were never priced."""
        await self._session.execute(
            text(
                """
                INSERT INTO offer_price (offer_id, seller_id, account_id, currency, gone_at)
                SELECT o.id, o.seller_id, o.account_id, 'EUR', o.gone_at FROM offer o
                WHERE o.id = ANY(:ids) AND NOT EXISTS (SELECT 1 FROM offer_price p WHERE p.offer_id = o.id)
                ORDER BY o.id ON CONFLICT (offer_id) DO NOTHING
                """
            ),
            {"ids": list(offer_ids)},
        )

    async def lock(self, offer_ids: Collection[UUID]) -> list[PriceRow]:
        """Lock prices until the transaction ends, always in the same order, and return them as they are now."""
        found = await self._session.execute(
            text(
                f"SELECT {_ROW} FROM offer_price WHERE offer_id = ANY(:ids) ORDER BY offer_id FOR NO KEY UPDATE"  # noqa: S608
            ),
            {"ids": list(offer_ids)},
        )
        return [row_of(dict(row)) for row in found.mappings()]

    async def peek(self, offer_ids: Collection[UUID]) -> list[PriceRow]:
        """Return prices as they are now, without locking them."""
        found = await self._session.execute(
            text(f"SELECT {_ROW} FROM offer_price WHERE offer_id = ANY(:ids) ORDER BY offer_id"),  # noqa: S608
            {"ids": list(offer_ids)},
        )
        return [row_of(dict(row)) for row in found.mappings()]

    async def write(self, rows: Sequence[PriceRow]) -> None:
        """Store what was decided."""
        if not rows:
            return
        columns = ", ".join(f"{name} = t.{name}" for name in _WRITTEN)
        typed = ", ".join(f"{name} {kind}" for name, kind in _WRITTEN.items())
        values = [
            {name: found for name, found in asdict(row).items() if name in _WRITTEN or name == "offer_id"}
            for row in rows
        ]
        await self._session.execute(
            text(
                f"UPDATE offer_price p SET {columns}"  # noqa: S608 -- our own names
                f" FROM json_to_recordset(:rows) AS t(offer_id uuid, {typed}) WHERE p.offer_id = t.offer_id"
            ),
            {"rows": msgspec.json.encode(values).decode()},
        )

    async def changed_by_person(self, offer_ids: Collection[UUID]) -> None:
        """Count a person's change."""
        await self._session.execute(
            text("UPDATE offer_price SET version = version + 1 WHERE offer_id = ANY(:ids)"), {"ids": list(offer_ids)}
        )

    async def forgive_offers(self, offer_ids: Collection[UUID]) -> None:
        """Let refused prices be tried again."""
        await self._session.execute(
            text("UPDATE offer_price SET problem = '', problem_at = NULL WHERE offer_id = ANY(:ids) AND problem <> ''"),
            {"ids": list(offer_ids)},
        )

    async def forgive(self, *, older_than: timedelta) -> None:
        """Let refused prices be tried again after some time."""
        await self._session.execute(
            text(
                "UPDATE offer_price SET problem = '', problem_at = NULL"
                " WHERE state = 'failed' AND problem_at < now() - CAST(:age AS interval)"
            ),
            {"age": older_than},
        )

    # Publishing

    async def claim(self, account_id: UUID, run_id: UUID, *, limit: int) -> list[ClaimedPrice]:
        """Take prices that are due, those that wait longest first, and mark them as being sent by this run."""
        found = await self._session.execute(
            text(
                """
                UPDATE offer_price p SET sending_by = :run, sending_at = now()
                FROM (
                    SELECT offer_id FROM offer_price
                    WHERE account_id = :account AND state = 'to_push'
                        AND (sending_at IS NULL OR sending_by = :run OR sending_at < now() - CAST(:lease AS interval))
                    ORDER BY wanted_at, offer_id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
                ) AS due, offer o
                WHERE p.offer_id = due.offer_id AND o.id = p.offer_id
                RETURNING p.offer_id, o.channel_offer_id, p.wanted_price AS price, p.currency,
                    p.published_price AS before, p.wanted_source AS source, p.wanted_source_id AS source_id,
                    p.derivation, p.steps
                """
            ),
            {"account": account_id, "run": run_id, "limit": limit, "lease": LEASE},
        )
        rows: list[dict[str, Any]] = [dict(row) for row in found.mappings()]
        for row in rows:
            for name in ("price", "before"):
                row[name] = money(row[name], row["currency"])
            row["derivation"] = row["derivation"] or {}
        return [ClaimedPrice(**row) for row in rows]

    async def give_up(self, account_id: UUID, run_id: UUID) -> None:
        """Let another run take over what this one could not finish; whether it arrived stays unknown."""
        await self._session.execute(
            text(
                """
                UPDATE offer_price p SET sending_at = NULL FROM (
                    SELECT offer_id FROM offer_price WHERE account_id = :account AND sending_by = :run
                    ORDER BY offer_id FOR NO KEY UPDATE
                ) AS marked WHERE p.offer_id = marked.offer_id
                """
            ),
            {"account": account_id, "run": run_id},
        )

    async def give_up_for(self, run_ids: Sequence[UUID]) -> None:
        """Do that for runs that are over."""
        await self._session.execute(
            text(
                """
                UPDATE offer_price p SET sending_at = NULL FROM (
                    SELECT offer_id FROM offer_price
                    WHERE state = 'to_push' AND sending_by = ANY(:runs) AND sending_at IS NOT NULL
                    ORDER BY offer_id FOR NO KEY UPDATE
                ) AS marked WHERE p.offer_id = marked.offer_id
                """
            ),
            {"runs": list(run_ids)},
        )

    async def settle(self, run_id: UUID, outcomes: Sequence[dict[str, Any]], at: datetime) -> None:
        """Store what became of claimed prices: rows of ``offer_id, price, source, applied, problem, derivation``.

        A refusal says nothing about a price that was decided meanwhile, and leaves what the channel has.  Where the
        channel was told what it had before a schedule or a list, nobody decides the price any more.
        """
        await self._session.execute(
            text("SELECT 1 FROM offer_price WHERE offer_id = ANY(:ids) ORDER BY offer_id FOR NO KEY UPDATE"),
            {"ids": [outcome["offer_id"] for outcome in outcomes]},
        )
        await self._session.execute(
            text(
                """
                UPDATE offer_price p SET sending_by = NULL, sending_at = NULL,
                    published_price = CASE WHEN t.applied THEN t.price ELSE p.published_price END,
                    published_source = CASE WHEN t.applied THEN t.source ELSE p.published_source END,
                    published_at = CASE WHEN t.applied THEN :at ELSE p.published_at END,
                    published_derivation = CASE WHEN t.applied THEN t.derivation ELSE p.published_derivation END,
                    problem = CASE WHEN t.applied OR p.wanted_price IS DISTINCT FROM t.price THEN '' ELSE t.problem END,
                    problem_at = CASE WHEN t.applied OR p.wanted_price IS DISTINCT FROM t.price THEN NULL ELSE now() END,
                    wanted_price = CASE WHEN over.over THEN NULL ELSE p.wanted_price END,
                    wanted_source = CASE WHEN over.over THEN '' ELSE p.wanted_source END,
                    derivation = CASE WHEN over.over THEN NULL ELSE p.derivation END
                FROM json_to_recordset(:rows)
                    AS t(offer_id uuid, price numeric, source text, applied boolean, problem text, derivation jsonb)
                JOIN offer_price before ON before.offer_id = t.offer_id
                CROSS JOIN LATERAL (SELECT before.wanted_source = 'base' AND before.wanted_price =
                    CASE WHEN t.applied THEN t.price ELSE before.published_price END AS over) AS over
                WHERE p.offer_id = t.offer_id AND p.sending_by = :run
                """
            ),
            {"rows": msgspec.json.encode(outcomes).decode(), "run": run_id, "at": at},
        )

    async def accounts_due(self, seller_id: UUID | None = None) -> set[UUID]:
        """Return the accounts that have prices to be told and are not held."""
        found = await self._session.execute(
            text(
                """
                SELECT DISTINCT p.account_id FROM offer_price p WHERE p.state = 'to_push'
                    AND (CAST(:seller AS uuid) IS NULL OR p.seller_id = :seller)
                    AND NOT EXISTS (SELECT 1 FROM offer_price_hold h WHERE h.seller_id = p.seller_id
                        AND (h.account_id IS NULL OR h.account_id = p.account_id))
                """
            ),
            {"seller": seller_id},
        )
        return set(found.scalars())

    # Stopping

    async def add_hold(self, row: dict[str, Any]) -> bool:
        """Store that no price is sent; False if that was so before."""
        made = await insert_many(self._session, PriceHold, [row], suffix="ON CONFLICT DO NOTHING RETURNING id")
        return bool(made)

    async def unsent_rule_prices(self, seller_id: UUID, account_id: UUID | None) -> list[UUID]:
        """Return the offers, on one account or on all, whose rule wants a price that their channel was never told."""
        found = await self._session.execute(
            text(
                "SELECT offer_id FROM offer_price WHERE seller_id = :seller"
                " AND (CAST(:account AS uuid) IS NULL OR account_id = :account)"
                " AND rule_price IS NOT NULL AND rule_price IS DISTINCT FROM published_price"
            ),
            {"seller": seller_id, "account": account_id},
        )
        return list(found.scalars())

    async def remove_hold(self, seller_id: UUID, account_id: UUID | None) -> bool:
        """Store that prices are sent again; False if they were not held."""
        found = await self._session.execute(
            text(
                "DELETE FROM offer_price_hold WHERE seller_id = :seller"
                " AND account_id IS NOT DISTINCT FROM CAST(:account AS uuid) RETURNING id"
            ),
            {"seller": seller_id, "account": account_id},
        )
        return found.first() is not None

    async def held(self, account_id: UUID) -> str | None:
        """Return why nothing is sent to an account; None: it is not held."""
        found = await self._session.execute(
            text(
                "SELECT h.reason FROM offer_price_hold h JOIN channel_account a ON a.seller_id = h.seller_id"
                " WHERE a.id = :account AND (h.account_id IS NULL OR h.account_id = a.id) ORDER BY h.held_at LIMIT 1"
            ),
            {"account": account_id},
        )
        return found.scalars().first()

    # The past

    async def add_pushes(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store what a channel was told, and what it answered."""
        await insert_many(self._session, PricePush, rows)

    async def add_drifts(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store that a channel showed other prices than it was told."""
        await insert_many(self._session, PriceDrift, rows)

    async def repaired(self, offer_ids: Collection[UUID]) -> None:
        """Close the differences of offers whose right price a channel has accepted."""
        await self._session.execute(
            text("UPDATE offer_price_drift SET repaired_at = now() WHERE offer_id = ANY(:ids) AND repaired_at IS NULL"),
            {"ids": list(offer_ids)},
        )

    async def often_drifted(self, offer_ids: Collection[UUID], *, within: timedelta, most: int) -> set[UUID]:
        """Return the offers that showed another price at least *most* times lately, since they were last told a new one."""
        found = await self._session.execute(
            text(
                "SELECT d.offer_id FROM offer_price_drift d JOIN offer_price p ON p.offer_id = d.offer_id"
                " WHERE d.offer_id = ANY(:ids) AND d.told = p.wanted_price"
                " AND d.found_at > now() - CAST(:within AS interval) GROUP BY d.offer_id HAVING count(*) >= :most"
            ),
            {"ids": list(offer_ids), "within": within, "most": most},
        )
        return set(found.scalars())

    async def keep(self, *, told_days: int, previews_days: int) -> int:
        """Remove some of what is older than anybody looks back; return how much it was."""
        removed = 0
        for table, key, condition in (
            ("offer_price_push", "id", f"pushed_at < now() - interval '{told_days} days'"),
            ("offer_price_drift", "id", f"found_at < now() - interval '{told_days} days'"),
            ("price_edit", "id", f"applied_at IS NULL AND created_at < now() - interval '{previews_days} days'"),
            ("price_edit", "id", f"created_at < now() - interval '{told_days} days'"),
        ):
            result = await self._session.execute(
                text(
                    f"WITH gone AS (DELETE FROM {table} WHERE {key} IN"  # noqa: S608 -- our own names
                    f" (SELECT {key} FROM {table} WHERE {condition} LIMIT {KEPT_AT_ONCE}) RETURNING 1)"
                    " SELECT count(*) FROM gone"
                )
            )
            removed += int(result.scalar_one())
        return removed
