"""What others ask, as it was read last: competing offers of the channel and watched web shops."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.contract import MarketRow
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricing.domain.facts import HUNDRED, Known, Market, MarketOffer, SoldOut, StorePrice

type Place = tuple[UUID, str]
"""A channel account and a GTIN."""
NOBODY_LOOKED = Market()
SOURCE = N_("competing offers on the channel")


async def markets(session: AsyncSession, places: Collection[Place]) -> dict[Place, Market]:
    """Return what is offered under each GTIN, where somebody looked."""
    if not places:
        return {}
    day = now().date()
    found = await CompetingService(session).latest({place[0] for place in places}, {place[1] for place in places})
    return {place: _market(row, day) for place, row in found.items() if row.read_at is not None}


def _market(row: MarketRow, day: date) -> Market:
    return Market(
        offers=tuple(
            MarketOffer(
                channel_offer_id=one.channel_offer_id,
                competitor=one.competitor,
                price=one.price,
                currency=one.currency,
                best=one.best,
                fulfilment=one.fulfilment,
                condition=one.condition,
                delivery_days=None if one.deliver_by is None else max(0, (one.deliver_by - day).days),
            )
            for one in row.offers
        ),
        read_at=row.read_at,
        sold_out=tuple(SoldOut(competitor=one.competitor, price=one.price, since=one.since) for one in row.gone),
        source=SOURCE,
    )


async def store_prices(
    session: AsyncSession,
    product_ids: Collection[UUID],
    suppliers: Mapping[UUID, bool],
    vat: Mapping[UUID, Known],
) -> tuple[dict[UUID, tuple[StorePrice, ...]], dict[tuple[UUID, str], Known]]:
    """Return what watched web shops ask for products, and the cheapest supplier of each in each currency.

    Args:
        session: the transaction.
        product_ids: products of the catalogue.
        suppliers: stores that are suppliers -> whether their prices include VAT; they are no competitors.
        vat: the rate of each product, in percent.
    """
    stores: dict[UUID, tuple[StorePrice, ...]] = {}
    costs: dict[tuple[UUID, str], Known] = {}
    if not product_ids:
        return stores, costs
    for product_id, listings in (await WatchService(session).latest(product_ids)).items():
        competing: list[StorePrice] = []
        for one in listings:
            if one.store_id not in suppliers:
                price = StorePrice(
                    store_id=str(one.store_id),
                    store=one.store,
                    price=one.unit_price,
                    currency=one.currency,
                    available=one.available,
                    read_at=one.observed_at,
                )
                competing.append(price)
                continue
            rate = vat.get(product_id)
            if not one.available or (suppliers[one.store_id] and rate is None):
                continue
            cost = one.unit_price
            if suppliers[one.store_id] and rate is not None:
                cost = cost * HUNDRED / (HUNDRED + rate.value)
            key = product_id, one.currency
            if key not in costs or cost < costs[key].value:
                costs[key] = Known(cost, one.store, one.observed_at)
        if competing:
            stores[product_id] = tuple(competing)
    return stores, costs
