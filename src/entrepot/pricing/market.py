"""What others ask, as it was read last: competing offers of the channel and watched web shops."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.contract import KnownCompetitor, MarketMoment, MarketRow, SeenOffer
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricing.domain.facts import HUNDRED, Known, Market, MarketOffer, SoldOut, StorePrice

type Place = tuple[UUID, str, str]
"""A channel account, a GTIN, and the country its group names; empty: none, so the seller's own counts."""
type Who = Mapping[tuple[UUID, str], KnownCompetitor]
"""Competitors by account and the channel's number."""
NOBODY_LOOKED = Market()
SOURCE = N_("competing offers on the channel")


async def markets(session: AsyncSession, places: Mapping[Place, str]) -> dict[Place, Market]:
    """Return what is offered under each GTIN, where somebody looked.

    Args:
        session: the transaction.
        places: which markets -> the country of the seller.
    """
    day = now().date()
    read: dict[Place, MarketRow] = {}
    for country in sorted({place[2] for place in places}):
        asked = {place for place in places if place[2] == country}
        rows = await CompetingService(session).latest(
            {place[0] for place in asked}, {place[1] for place in asked}, country
        )
        read |= {
            (*key, country): row for key, row in rows.items() if (*key, country) in asked and row.read_at is not None
        }
    known = await competitors(session, read.values())
    return {place: _market(row, day, place[2] or places[place], known) for place, row in read.items()}


async def competitors(session: AsyncSession, rows: Iterable[MarketRow | MarketMoment]) -> Who:
    """Return who those are that offer something, as far as the channel told."""
    seen = [(row.account_id, offer.competitor) for row in rows for offer in row.offers]
    return await CompetingService(session).competitors(
        {account_id for account_id, _ in seen}, {number for _, number in seen}
    )


def market_offer(one: SeenOffer, account_id: UUID, day: date, known: Who) -> MarketOffer:
    """Return an offer that was seen as the domain knows it.

    Args:
        one: the offer.
        account_id: whose market it is in.
        day: when it was seen.
        known: who the competitors are.
    """
    who = known.get((account_id, one.competitor))
    return MarketOffer(
        channel_offer_id=one.channel_offer_id,
        competitor=one.competitor,
        name=who.name if who else "",
        price=one.price,
        currency=one.currency,
        best=one.best,
        fulfilment=one.fulfilment,
        condition=one.condition,
        rating=who.rating if who else None,
        delivery_days=None if one.deliver_by is None else max(0, (one.deliver_by - day).days),
    )


def _here(offers: Sequence[SeenOffer], country: str) -> Sequence[SeenOffer]:
    """Return the offers of one country, if any: a channel that was asked for no country may tell of several."""
    here = [one for one in offers if one.country in {"", country}]
    return here or offers


def _market(row: MarketRow, day: date, country: str, known: Who) -> Market:
    return Market(
        offers=tuple(market_offer(one, row.account_id, day, known) for one in _here(row.offers, country)),
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
