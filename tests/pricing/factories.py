"""Builders of what pricing tests start from: an account with offers that cost something, and what others ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.service import ChannelService
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.pricewatch.competing.contract import MarketRead, SeenOffer
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing.costs import CostService
from entrepot.pricing.domain.rules import Mode, Rule
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import GroupDraft, RuleDraft, RuleRef
from entrepot.pricing.rules import RuleService
from entrepot.pricing.selecting import EVERYTHING, Selection
from tests.inventory.factories import add_product
from tests.offers.prices.factories import add_account

COSTS = {
    "purchase": Decimal("5.00"),
    "shipping": Decimal(0),
    "packaging": Decimal(0),
    "vat_percent": Decimal(21),
    "commission_percent": Decimal(10),
    "commission_fixed": Decimal(0),
}
"""With these, a floor for no margin at all is 6.89."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A seller's channel account."""

    seller_id: UUID
    account_id: UUID


async def open_stall(session: AsyncSession, seller_id: UUID) -> Stall:
    """Make a live bol account, and costs that hold for everything."""
    account_id = await add_account(session, seller_id)
    await CostService(session).put(seller_id, COSTS)
    return Stall(seller_id, account_id)


async def add_offer(
    session: AsyncSession, stall: Stall, sku: str, *, price: str = "10.00", gtin: str = "", stock: int = 5
) -> UUID:
    """Put a product up for sale at a price that the channel has."""
    product = await add_product(session, stall.seller_id, sku)
    offer_id = new_id()
    await session.execute(
        text(
            """INSERT INTO offer (id, seller_id, account_id, channel_offer_id, sku, gtin, title, fulfilment, on_hold,
                channel_quantity, last_seen_at, product_id, matched_by)
            VALUES (:id, :seller, :account, :number, :sku, :gtin, :sku, 'seller', false, :stock, now(), :product, 'sku')"""
        ),
        {
            "id": offer_id,
            "seller": stall.seller_id,
            "account": stall.account_id,
            "number": f"own-{offer_id}",
            "sku": sku,
            "gtin": gtin or f"871{offer_id.int % 10**10:010}",
            "stock": stock,
            "product": product.id,
        },
    )
    await session.execute(
        text(
            """INSERT INTO offer_price (offer_id, seller_id, account_id, currency, published_price)
            VALUES (:id, :seller, :account, 'EUR', :price)"""
        ),
        {"id": offer_id, "seller": stall.seller_id, "account": stall.account_id, "price": Decimal(price)},
    )
    return offer_id


async def rivals_ask(session: AsyncSession, stall: Stall, offer_id: UUID, *prices: str) -> None:
    """Have the market of an offer read: so much is asked by others, the first has the buy box."""
    found = await session.execute(text("SELECT gtin FROM offer WHERE id = :id"), {"id": offer_id})
    gtin = str(found.scalar_one())
    account = await ChannelService(session).account(stall.account_id)
    offers = tuple(
        SeenOffer(
            channel_offer_id=f"rival-{number}-{gtin}",
            competitor=f"Rival {number}",
            price=Decimal(price),
            currency="EUR",
            best=number == 0,
        )
        for number, price in enumerate(prices)
    )
    await CompetingService(session).store(account, "", [MarketRead(gtin=gtin, offers=offers)], now())


async def add_rule(
    session: AsyncSession,
    stall: Stall,
    rule: Rule | None = None,
    *,
    mode: Mode = Mode.AUTOMATIC,
    group: str = "Everything",
    name: str = "Undercut",
    selection: Selection = EVERYTHING,
    narrow: Selection = EVERYTHING,
) -> RuleRef:
    """Make a group with one rule, and switch it on."""
    groups = GroupService(session)
    made = await groups.create(stall.seller_id, GroupDraft(name=group, selection=selection))
    ruled = await RuleService(session).add(
        made.id, RuleDraft(name=name, rule=rule or Rule(rule_id=""), selection=narrow)
    )
    await groups.switch(made.id, mode)
    return ruled


async def prices_of(session: AsyncSession, offer_ids: Sequence[UUID]) -> list[Decimal | None]:
    """Return what offers should cost now, in their order."""
    found = await session.execute(
        text("SELECT offer_id, coalesce(wanted_price, published_price) FROM offer_price WHERE offer_id = ANY(:ids)"),
        {"ids": list(offer_ids)},
    )
    prices = {row[0]: row[1] for row in found}
    return [prices.get(offer_id) for offer_id in offer_ids]
