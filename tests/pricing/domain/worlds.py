"""Offers, markets and rules for tests: made by hypothesis, or plain ones to vary."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from entrepot.pricing.domain.facts import (
    Commission,
    Costs,
    Known,
    Market,
    MarketOffer,
    OfferFacts,
    Own,
    PriceStar,
    Reduction,
    SoldOut,
    StorePrice,
)
from entrepot.pricing.domain.rules import (
    Adjustment,
    Alone,
    Follow,
    Limits,
    Phase,
    Rivals,
    Rule,
    SellOut,
    State,
    StepBand,
    Strategy,
    Unbeatable,
    Window,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
US, OUR_OFFER = "us", "our-offer"


def money(least: str = "0", most: str = "500") -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=2)


def costs(purchase: str = "10", *, reductions: tuple[Reduction, ...] = ()) -> Costs:
    """VAT 21 %, commission 0.85 + 12 %, shipping 4, packaging 0.30."""
    return Costs(
        purchase_price=Known(Decimal(purchase), "supplier Acme"),
        shipping=Known(Decimal(4)),
        packaging=Known(Decimal("0.30")),
        vat=Known(Decimal(21)),
        commission=Commission(fixed=Decimal("0.85"), percent=Decimal(12), reductions=reductions),
    )


def offer(price: str | None = "25.00", **more: object) -> OfferFacts:
    facts = OfferFacts(
        offer_id="o1",
        channel_offer_id=OUR_OFFER,
        price=None if price is None else Decimal(price),
        costs=costs(),
        own=Own(frozenset({US}), frozenset({OUR_OFFER})),
        moment=NOW,
    )
    return msgspec.structs.replace(facts, **more)


def rival(name: str, price: str, **more: object) -> MarketOffer:
    made = MarketOffer(channel_offer_id=f"{name}-1", competitor=name, price=Decimal(price))
    return msgspec.structs.replace(made, **more)


def market(*offers: MarketOffer, **more: object) -> Market:
    return msgspec.structs.replace(Market(offers=offers, read_at=NOW), **more)


known = st.one_of(st.none(), st.builds(Known, money()))
any_costs = st.builds(
    Costs,
    purchase_price=known,
    landed_cost=known,
    supplier_price=known,
    shipping=known,
    packaging=st.builds(Known, money("0", "5")),
    vat=st.builds(Known, st.sampled_from([Decimal(0), Decimal(9), Decimal(21)])),
    commission=st.builds(
        Commission,
        fixed=money("0", "3"),
        percent=st.sampled_from([Decimal(0), Decimal("12.4"), Decimal(30), Decimal(90)]),
        reductions=st.lists(
            st.builds(
                Reduction,
                maximum_price=money("1", "400"),
                amount=money("0", "10"),
                begins=st.just(date(2026, 11, 1)),
                ends=st.sampled_from([date(2026, 11, 20), date(2026, 12, 1)]),
            ),
            max_size=2,
        ).map(tuple),
    ),
    item_price=known,
    map=known,
)
names = st.sampled_from(["A", "B", "C", "D", US])
any_offer = st.builds(
    MarketOffer,
    channel_offer_id=st.sampled_from(["1", "2", "3", "4", OUR_OFFER]),
    competitor=names,
    price=money("0.01"),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
    shipping=money("0", "7"),
    best=st.booleans(),
    fulfilment=st.sampled_from(["seller", "channel"]),
    rating=st.one_of(st.none(), st.decimals(0, 10, places=1)),
    delivery_days=st.one_of(st.none(), st.integers(0, 20)),
    pack=st.integers(0, 4),
)
any_moment = st.integers(0, 60 * 24 * 9).map(lambda minutes: NOW - timedelta(minutes=minutes))
any_market = st.builds(
    Market,
    offers=st.lists(any_offer, max_size=5).map(tuple),
    read_at=st.one_of(st.none(), st.just(NOW), any_moment),
    stores=st.lists(
        st.builds(
            StorePrice,
            store_id=st.sampled_from(["s1", "s2"]),
            store=st.just("Shop"),
            price=money("0.01"),
            pack=st.integers(1, 3),
            available=st.booleans(),
            read_at=st.one_of(st.none(), any_moment),
        ),
        max_size=2,
    ).map(tuple),
    sold_out=st.just((SoldOut(competitor="Z", price=Decimal(9), since=NOW),)),
)
FORMULAS = [
    "PRICE(FIRST(landed_cost, purchase_price) + shipping + packaging, 0, 5%)",
    "MAX(PRICE(purchase_price + packaging, 1.50, 10%), map)",
    "MIN(supplier_price * 1.4, item_price)",
    "purchase_price / (shipping - packaging)",
    "12.345",
]
any_rule = st.builds(
    Rule,
    rule_id=st.just("r"),
    strategy=st.sampled_from(Strategy),
    limits=st.builds(
        Limits,
        floor=st.sampled_from(FORMULAS),
        ceiling=st.sampled_from(["floor * 1.5", "floor + 0.03", "item_price", "99"]),
    ),
    rivals=st.builds(
        Rivals,
        only=st.frozensets(names, max_size=2),
        never=st.frozensets(names, max_size=1),
        fulfilments=st.sampled_from([frozenset[str](), frozenset({"seller"})]),
        least_rating=st.one_of(st.none(), st.just(Decimal(7))),
        slowest_days=st.one_of(st.none(), st.just(3)),
        far_below_percent=st.one_of(st.none(), st.just(Decimal(40))),
        shipping=st.booleans(),
        adjustments=st.sampled_from([(), (Adjustment(percent=Decimal(-3), amount=Decimal("0.333")),)]),
    ),
    steps=st.sampled_from(
        [(), (StepBand(amount=Decimal("0.10")), StepBand(from_price=Decimal(20), percent=Decimal(3)))]
    ),
    raise_by=money("0.01", "3"),
    alone=st.sampled_from(Alone),
    unbeatable=st.sampled_from(Unbeatable),
    sell_out=st.builds(SellOut, plenty=st.integers(0, 9), plenty_percent=st.just(Decimal(20))),
    follow=st.builds(Follow, percent=st.sampled_from([Decimal(-5), Decimal(2)]), amount=money("0", "2")),
    paused=st.booleans(),
    windows=st.sampled_from(
        [(), (Window(begins=600, ends=700),), (Window(days=frozenset({6}), begins=1300, ends=100),)]
    ),
    resting_price=st.sampled_from(["", "floor * 1.2", "map", "1 / (shipping - shipping)"]),
    endings=st.sampled_from([(), (Decimal("0.99"), Decimal("0.49"))]),
    least_change=money("0", "2"),
    star=st.one_of(st.none(), st.just(2)),
    keep_reduction=st.booleans(),
)
any_facts = st.builds(
    OfferFacts,
    offer_id=st.just("o1"),
    channel_offer_id=st.just(OUR_OFFER),
    price=st.one_of(st.none(), money("0.01")),
    costs=any_costs,
    own=st.just(Own(frozenset({US}), frozenset({OUR_OFFER}))),
    stars=st.sampled_from([(), (PriceStar(1, Decimal(60)), PriceStar(2, Decimal("31.50")))]),
    pack=st.integers(1, 3),
    stock=st.integers(0, 50),
    stock_age_days=st.one_of(st.none(), st.integers(0, 200)),
    vacation=st.booleans(),
    moment=st.just(NOW),
)
any_state = st.builds(State, phase=st.sampled_from(Phase), lost_at=st.one_of(st.none(), money()))
