"""How good today's prices are, kept for every product so that lists can be sorted by it."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.pricewatch.history.domain import DAY, DAYS, Span, figures
from entrepot.pricewatch.history.repository import StandingRepository
from entrepot.pricewatch.history.views import lines_of

BATCH = 200


async def refresh(session: AsyncSession, product_ids: Collection[UUID]) -> int:
    """Work out how products stand now, in the currency that most of their listings ask; return how many."""
    repository = StandingRepository(session)
    until = now()
    since = until - timedelta(days=DAYS[Span.QUARTER])
    by_product: defaultdict[tuple[UUID, UUID], dict[str, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for seller_id, product_id, listing_id, currency in await repository.listings(product_ids):
        by_product[seller_id, product_id][currency].append(listing_id)
    chosen = {
        key: min(currencies.items(), key=lambda one: (-len(one[1]), one[0])) for key, currencies in by_product.items()
    }
    wanted = [(listing_id, currency) for currency, ids in chosen.values() for listing_id in ids]
    lines = {line.listing_id: line for line in await lines_of(session, wanted, since, DAY)}
    rows: list[dict[str, Any]] = []
    for (seller_id, product_id), (currency, ids) in chosen.items():
        found = figures([lines[listing_id] for listing_id in ids], since, until)
        if found is None:
            continue
        rows.append(
            {
                "watched_product_id": product_id,
                "seller_id": seller_id,
                "currency": currency,
                "price": found.now,
                "low": found.low,
                "high": found.high,
                "average": found.average,
                "percentile": found.percentile,
                "trend": str(found.trend),
                "score": found.score,
                "computed_at": until,
            }
        )
    await repository.keep(rows)
    await repository.forget(set(product_ids) - {row["watched_product_id"] for row in rows})
    return len(rows)


async def refresh_stale(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Work out anew how products stand that nobody looked at for a day; return how many there were."""
    stale = await StandingRepository(session).stale(now() - timedelta(hours=20), limit)
    await refresh(session, stale)
    return len(stale)
