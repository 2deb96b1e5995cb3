"""Decide prices: offers with 10 competing offers each, on one core, each under one of 5 rules chosen among them.

The limit is the least anybody has to do with the same inputs in the same run: decode their JSON and take the lowest
competing price that is above the floor.  It knows no formula, no strategy, no competitor to leave out, and explains
nothing.
"""

import json
import os
import random
import time
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from entrepot.kit.ids import new_id
from entrepot.pricing.choosing import Contender, choose
from entrepot.pricing.domain.deciding import decide
from entrepot.pricing.domain.facts import Commission, Costs, Known, Market, MarketOffer, OfferFacts, Own
from entrepot.pricing.domain.rules import Mode, Rivals, Rule, Strategy, Unbeatable
from entrepot.pricing.refs import GroupRef, RuleRef, as_it_works, body_of
from entrepot.pricing.selecting import EVERYTHING, Selection

OFFERS = int(os.environ.get("ENTREPOT_BENCH_OFFERS", "4000"))
RIVALS = 10
GROWTH = 10
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWN = Own(frozenset({"us"}), frozenset())
RULES = (
    Rule(rule_id="", name="all", strategy=Strategy.MATCH),
    Rule(rule_id="", name="account", strategy=Strategy.UNDERCUT),
    Rule(rule_id="", name="brand", strategy=Strategy.WIN_THEN_RAISE),
    Rule(rule_id="", name="category", strategy=Strategy.OSCILLATE, endings=(Decimal("0.99"), Decimal("0.49"))),
    Rule(
        rule_id="",
        name="list",
        strategy=Strategy.LOWEST,
        unbeatable=Unbeatable.NEXT,
        rivals=Rivals(never=frozenset({"seller 3"}), far_below_percent=Decimal(40)),
    ),
)
"""The later, the more specific."""


def contenders() -> list[Contender]:
    """Return the rules as they would be found for an offer."""
    seller_id = new_id()
    group = GroupRef(
        id=new_id(),
        seller_id=seller_id,
        name="Everything",
        mode=Mode.AUTOMATIC,
        kind="filter",
        selection=EVERYTHING,
        country="NL",
        time_zone="Europe/Amsterdam",
        windows=(),
        paused=False,
        paused_until=None,
        paused_price=None,
        paused_currency="",
        market_minutes=60,
        losing_minutes=20,
        winning_minutes=1440,
        activated_by="",
        chosen_by="",
        version=1,
    )
    narrower = (
        EVERYTHING,
        Selection(stock_from=1),
        Selection(stock_from=1, text="a"),
        Selection(stock_from=1, text="a", tags=("b",)),
        Selection(stock_from=1, text="a", tags=("b",), skus=("c",)),
    )
    return [
        Contender(
            group,
            RuleRef(
                id=new_id(),
                seller_id=seller_id,
                group_id=group.id,
                name=rule.name,
                position=place,
                active=True,
                selection=selection,
                version=1,
                body=body_of(rule),
                note="",
                changed_by="",
                changed_by_name="",
                changed_at=NOW,
            ),
            by_hand=False,
        )
        for place, (rule, selection) in enumerate(zip(RULES, narrower, strict=True))
    ]


class Input(msgspec.Struct):
    """One offer as it would come from storage."""

    facts: OfferFacts
    market: Market


def cents(least: int, most: int, chance: random.Random) -> Decimal:
    """Return an amount of money."""
    return Decimal(chance.randint(least, most)) / 100


def made(count: int) -> list[Input]:
    """Make *count* offers, always the same ones."""
    chance = random.Random(5)  # noqa: S311 -- for a benchmark
    found: list[Input] = []
    for number in range(count):
        purchase = cents(300, 4000, chance)
        usual = purchase * 2 + 6
        offers = tuple(
            MarketOffer(
                channel_offer_id=f"{number}-{rival}",
                competitor="us" if rival == 0 else f"seller {rival}",
                price=(usual * chance.randint(80, 130) / 100).quantize(Decimal("0.01")),
                best=rival == number % RIVALS,
            )
            for rival in range(RIVALS)
        )
        found.append(
            Input(
                OfferFacts(
                    offer_id=str(number),
                    account_id="account",
                    brand=f"Brand {number % 3}",
                    category=f"Category {number % 4}",
                    lists=frozenset({f"list {number % 5}"}),
                    price=offers[0].price,
                    own=OWN,
                    moment=NOW,
                    costs=Costs(
                        purchase_price=Known(purchase, "purchase orders", NOW),
                        shipping=Known(Decimal("3.95")),
                        packaging=Known(Decimal("0.30")),
                        vat=Known(Decimal(21)),
                        commission=Commission(
                            fixed=Decimal("0.85"), percent=Decimal("12.4"), source="bol", read_at=NOW
                        ),
                    ),
                ),
                Market(offers=offers, read_at=NOW),
            )
        )
    return found


def decided(inputs: list[Input]) -> tuple[float, int]:
    """Decide about every offer; return processor seconds and how many prices change.

    One to five rules could count for an offer, so that each of them does for some.
    """
    rules = contenders()
    working = {one.rule.id: as_it_works(one.group, one.rule) for one in rules}
    start = time.process_time()
    changes = 0
    for number, one in enumerate(inputs):
        chosen = choose(rules[: number % len(rules) + 1]).contender
        if decide(one.facts, one.market, working[chosen.rule.id]).verdict == "change":
            changes += 1
    return time.process_time() - start, changes


def bare(inputs: list[Input]) -> float:
    """Do the least with the same inputs; return processor seconds."""
    texts = [msgspec.json.encode(one) for one in inputs]
    decoder = msgspec.json.Decoder(Input)
    start = time.process_time()
    for text in texts:
        one = decoder.decode(text)
        floor = one.facts.costs.purchase_price
        least = floor.value if floor else Decimal(0)
        min((offer.price for offer in one.market.offers if offer.price > least), default=least)
    return time.process_time() - start


def main() -> None:
    """Measure once, and ten times as much."""
    inputs = made(OFFERS)
    decided(inputs[:200])  # what is kept from the first time on is kept in the long run, too
    seconds, changes = decided(inputs)
    limit = OFFERS / bare(inputs)
    more = made(OFFERS * GROWTH)
    longer, _ = decided(more)
    rate, rate_more = OFFERS / seconds, len(more) / longer
    print(
        json.dumps(
            {
                "name": "reprice",
                "value": round(rate),
                "unit": "offers/s",
                "limit": round(limit),
                "ratio": round(limit / rate, 2),
                "notes": f"{OFFERS:,} offers, {RIVALS} competing offers each, {len(RULES)} rules, one core: {changes:,} change;"
                f" {len(more):,} offers: {rate_more:,.0f}/s; budget 3,300/s; limit: decode the JSON and take a minimum",
            }
        )
    )


if __name__ == "__main__":
    main()
