"""Finding the offers that rows of a file name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


@dataclass(frozen=True, slots=True)
class Named:
    """An offer that a row may mean."""

    offer_id: UUID
    currency: str
    price: Decimal | None
    """What it should cost, else what it costs."""


async def find_offers(session: AsyncSession, seller_id: UUID, rows: Sequence[Mapping[str, str]]) -> list[list[Named]]:
    """Return the offers that each row may mean, in one statement.

    By our number, else the channel's, else the SKU (the product's or the channel's) on the named account.
    """
    asked = [
        {
            "n": number,
            "offer": str(offer_id) if (offer_id := _uuid(row.get("offer", ""))) else None,
            "channel_id": row.get("channel_offer_id") or None,
            "sku": row.get("sku") or None,
            "account": row.get("account") or None,
        }
        for number, row in enumerate(rows)
    ]
    found = await session.execute(
        text(
            """
            SELECT DISTINCT t.n, o.id, coalesce(p.currency, 'EUR') AS currency,
                coalesce(p.wanted_price, p.published_price) AS price
            FROM json_to_recordset(:rows) AS t(n int, offer uuid, channel_id text, sku text, account text)
            JOIN offer o ON o.seller_id = :seller AND o.gone_at IS NULL AND CASE
                WHEN t.offer IS NOT NULL THEN o.id = t.offer
                WHEN t.channel_id IS NOT NULL THEN o.channel_offer_id = t.channel_id
                ELSE o.sku = t.sku OR o.product_id IN
                    (SELECT pr.id FROM product pr WHERE pr.seller_id = :seller AND pr.sku = t.sku) END
            JOIN channel_account a ON a.id = o.account_id
                AND (t.account IS NULL OR t.offer IS NOT NULL OR lower(a.name) = lower(t.account))
            LEFT JOIN offer_price p ON p.offer_id = o.id
            ORDER BY t.n, o.id
            """
        ),
        {"rows": msgspec.json.encode(asked).decode(), "seller": seller_id},
    )
    answers: list[list[Named]] = [[] for _ in rows]
    for row in found:
        answers[row.n].append(Named(row.id, row.currency, row.price))
    return answers


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
