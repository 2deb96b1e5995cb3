"""Every statement about backtests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricing.backtests.models import Backtest, BacktestOffer
from entrepot.pricing.backtests.refs import BacktestRef, OfferRef, OfferResult, Parameters, Result
from entrepot.pricing.groups_repository import BELONGS
from entrepot.pricing.selecting import JOINED, matches


class BacktestRepository:
    """Rows of backtests in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: Mapping[str, Any]) -> None:
        """Store a new backtest."""
        await insert_rows(self._session, Backtest, [row])

    async def backtests(
        self, *, ids: Collection[UUID] | None = None, before: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> list[BacktestRef]:
        """Return backtests, the newest first."""
        query = select(Backtest).order_by(Backtest.created_at.desc(), Backtest.id.desc()).limit(limit)
        if ids is not None:
            query = query.where(Backtest.id.in_(ids))
        if before is not None:
            at, last = before
            query = query.where((Backtest.created_at < at) | ((Backtest.created_at == at) & (Backtest.id < last)))
        return [_backtest(row) for row in (await self._session.execute(query)).scalars()]

    async def change(self, backtest_id: UUID, values: Mapping[str, Any]) -> bool:
        """Set columns; return whether it is still there."""
        found = await self._session.execute(
            update(Backtest).where(Backtest.id == backtest_id).values(**values).returning(Backtest.id)
        )
        return found.scalar_one_or_none() is not None

    async def remove(self, backtest_id: UUID) -> bool:
        """Remove a backtest with everything it found; return whether it was there."""
        found = await self._session.execute(delete(Backtest).where(Backtest.id == backtest_id).returning(Backtest.id))
        return found.scalar_one_or_none() is not None

    async def forget(self, before: datetime) -> int:
        """Remove backtests that were begun before; return how many."""
        found = await self._session.execute(delete(Backtest).where(Backtest.created_at < before).returning(Backtest.id))
        return len(found.all())

    async def put_offers(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep what came of offers; a batch that comes twice changes nothing."""
        await insert_rows(self._session, BacktestOffer, rows, suffix="ON CONFLICT DO NOTHING")

    async def offers(self, backtest_id: UUID, *, query: str = "", after: str = "", limit: int = 50) -> list[OfferRef]:
        """Return offers by SKU, without their curves."""
        found = await self._session.execute(
            text(
                """
                SELECT offer_id, sku, title, currency, (result - 'curves' - 'actual_curve')::text AS result
                FROM pricing_backtest_offer
                WHERE backtest_id = :id AND (sku, offer_id::text) > (:sku, :offer)
                  AND position(lower(:query) IN lower(sku || ' ' || title)) > 0
                ORDER BY sku, offer_id::text LIMIT :limit
                """
            ),
            {
                "id": backtest_id,
                "sku": after.rpartition("|")[0],
                "offer": after.rpartition("|")[2],
                "query": query,
                "limit": limit,
            },
        )
        return [_offer(dict(row)) for row in found.mappings()]

    async def offer(self, backtest_id: UUID, offer_id: UUID) -> OfferRef | None:
        """Return one offer with its curves."""
        found = await self._session.execute(
            text(
                "SELECT offer_id, sku, title, currency, result::text AS result FROM pricing_backtest_offer"
                " WHERE backtest_id = :id AND offer_id = :offer"
            ),
            {"id": backtest_id, "offer": offer_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else _offer(dict(row))

    async def all_results(self, backtest_id: UUID, *, after: UUID, limit: int) -> list[tuple[UUID, OfferResult]]:
        """Return results without curves, in the order of offers' ids."""
        found = await self._session.execute(
            text(
                "SELECT offer_id, (result - 'curves' - 'actual_curve')::text FROM pricing_backtest_offer"
                " WHERE backtest_id = :id AND offer_id > :after ORDER BY offer_id LIMIT :limit"
            ),
            {"id": backtest_id, "after": after, "limit": limit},
        )
        return [(row[0], msgspec.json.decode(row[1], type=OfferResult)) for row in found]

    async def recorded_offers(
        self, group_id: UUID, begins: datetime, ends: datetime, limit: int
    ) -> tuple[list[UUID], int]:
        """Return offers of a group whose market was recorded, and how many others there are."""
        found = await self._session.execute(
            text(
                f"""
                SELECT o.id, EXISTS (
                    SELECT FROM competing_offers c WHERE c.account_id = o.account_id
                    AND c.gtin = coalesce(nullif(o.gtin, ''), p.gtin, '') AND c.observed_at < :ends
                ) AS recorded
                FROM {JOINED} JOIN pricing_group g ON g.id = :group
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.seller_id = g.seller_id AND o.gone_at IS NULL AND {BELONGS} ORDER BY o.id
                """  # noqa: S608 -- our own texts
            ),
            {"group": group_id, "ends": ends, "begins": begins},
        )
        rows = found.all()
        recorded = [row[0] for row in rows if row[1]]
        return recorded[:limit], len(rows) - len(recorded)

    async def candidates(self, group_id: UUID, offer_ids: Collection[UUID]) -> list[tuple[UUID, UUID, UUID, bool]]:
        """Return the active rules of a group that are for each of the offers, whether the group is on or not."""
        found = await self._session.execute(
            text(
                f"""
                SELECT o.id, g.id, r.id, coalesce(m.included, false)
                FROM {JOINED} JOIN pricing_group g ON g.id = :group
                JOIN pricing_rule r ON r.group_id = g.id AND r.active AND r.removed_at IS NULL
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.id = ANY(:offers) AND {matches("r.selection")}
                """  # noqa: S608 -- our own texts
            ),
            {"group": group_id, "offers": list(offer_ids)},
        )
        return [(row[0], row[1], row[2], row[3]) for row in found]

    async def sold(
        self, places: Sequence[tuple[UUID, UUID | None, str]], begins: datetime, ends: datetime
    ) -> dict[tuple[UUID, UUID | None, str], int]:
        """Return how many units were sold on an account of a product, else of a SKU; 0 is known, too."""
        found = await self._session.execute(
            text(
                """
                SELECT s.channel_account_id, l.product_id, l.sku, sum(l.quantity - l.quantity_cancelled)
                FROM sales_order s JOIN order_line l ON l.order_id = s.id
                WHERE s.channel_account_id = ANY(:accounts) AND s.placed_at >= :begins AND s.placed_at < :ends
                  AND (l.product_id = ANY(:products) OR l.sku = ANY(:skus))
                GROUP BY 1, 2, 3
                """
            ),
            {
                "accounts": list({account for account, _, _ in places}),
                "products": [product for _, product, _ in places if product],
                "skus": [sku for _, _, sku in places],
                "begins": begins,
                "ends": ends,
            },
        )
        rows = found.all()
        return {
            (account, product, sku): sum(
                int(row[3])
                for row in rows
                if row[0] == account and (row[1] == product if product and row[1] else row[2] == sku)
            )
            for account, product, sku in places
        }

    async def store_history(
        self, product_ids: Collection[UUID], begins: datetime, ends: datetime
    ) -> list[tuple[UUID, str, str, datetime, Decimal, str, bool]]:
        """Return what watched stores asked: (product, store, its name, when, price per unit, currency, to be had).

        Suppliers are left out; what held when *begins* began comes with it.
        """
        found = await self._session.execute(
            text(
                """
                SELECT w.product_id, l.store_id::text, s.name, o.observed_at, o.unit_price, o.currency,
                    o.availability IN ('in_stock', 'pre_order', 'back_order', 'unknown')
                FROM watched_product w JOIN price_listing l ON l.watched_product_id = w.id
                JOIN price_store s ON s.id = l.store_id
                CROSS JOIN LATERAL (
                    SELECT * FROM price_observation o WHERE o.listing_id = l.id AND o.observed_at < :ends
                    AND o.observed_at >= coalesce((
                        SELECT max(b.observed_at) FROM price_observation b
                        WHERE b.listing_id = l.id AND b.observed_at <= :begins
                    ), :begins) AND o.unit_price IS NOT NULL
                ) o
                WHERE w.product_id = ANY(:products)
                  AND NOT EXISTS (SELECT FROM pricing_supplier x WHERE x.store_id = l.store_id)
                ORDER BY o.observed_at, l.id
                """
            ),
            {"products": list(product_ids), "begins": begins, "ends": ends},
        )
        return [(row[0], row[1], row[2], row[3], row[4], row[5], row[6]) for row in found]


def _backtest(row: Backtest) -> BacktestRef:
    return BacktestRef(
        id=row.id,
        seller_id=row.seller_id,
        name=row.name,
        parameters=msgspec.convert(row.parameters, Parameters),
        state=row.state,
        offers=row.offers,
        done=row.done,
        result=None if row.result is None else msgspec.convert(row.result, Result),
        problem=row.problem,
        created_by=row.created_by,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _offer(row: Mapping[str, Any]) -> OfferRef:
    return OfferRef(
        offer_id=row["offer_id"],
        sku=row["sku"],
        title=row["title"],
        currency=row["currency"],
        result=msgspec.json.decode(row["result"], type=OfferResult),
    )
