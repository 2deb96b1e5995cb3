"""Offers to price."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.ids import new_id


async def add_account(session: AsyncSession, seller_id: UUID, *, mode: str = "live") -> UUID:
    """A bol account that nothing is sent to in tests of deciding."""
    account_id = new_id()
    await session.execute(
        text(
            "INSERT INTO channel_account (id, seller_id, channel, name, prefix, mode, credentials, known_as, health,"
            " last_error, last_error_code, last_new, last_attention)"
            " VALUES (:id, :seller, 'bol', :name, 'BOL-', :mode, '', 'Shop', 'healthy', '', '', 0, 0)"
        ),
        {"id": account_id, "seller": seller_id, "name": f"bol {account_id}", "mode": mode},
    )
    return account_id


async def add_offer(
    session: AsyncSession,
    seller_id: UUID,
    *,
    account_id: UUID | None = None,
    product_id: UUID | None = None,
    published: str | None = None,
    sku: str = "",
) -> UUID:
    """Something for sale; *published* is what its channel shows."""
    offer_id = new_id()
    account_id = account_id or await add_account(session, seller_id)
    await session.execute(
        text(
            "INSERT INTO offer (id, seller_id, account_id, channel_offer_id, sku, gtin, title, fulfilment, on_hold,"
            " channel_quantity, last_seen_at, product_id, matched_by)"
            " VALUES (:id, :seller, :account, :channel_id, :sku, '', 'A mug', 'seller', false, 5, now(), :product,"
            " :matched)"
        ),
        {
            "id": offer_id,
            "seller": seller_id,
            "account": account_id,
            "channel_id": str(offer_id),
            "sku": sku or f"SKU-{offer_id}",
            "product": product_id,
            "matched": "sku" if product_id else "",
        },
    )
    if published is not None:
        await session.execute(
            text(
                "INSERT INTO offer_price (offer_id, seller_id, account_id, currency, published_price)"
                " VALUES (:id, :seller, :account, 'EUR', :price)"
            ),
            {"id": offer_id, "seller": seller_id, "account": account_id, "price": Decimal(published)},
        )
    return offer_id
