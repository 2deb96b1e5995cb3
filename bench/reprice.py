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

from entrepot.pricing.domain.deciding import decide
from entrepot.pricing.domain.facts import Commission, Costs, Known, Market, MarketOffer, OfferFacts, Own
from entrepot.pricing.domain.rules import Rivals, Rule, Strategy, Unbeatable
from entrepot.pricing.domain.selection import Candidate, Reach, select_rule

OFFERS = int(os.environ.get("ENTREPOT_BENCH_OFFERS", "4000"))
RIVALS = 10
GROWTH = 10
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWN = Own(frozenset({"us"}), frozenset())
RULES = (
    Candidate(rule=Rule(rule_id="all", strategy=Strategy.MATCH)),
    Candidate(rule=Rule(rule_id="account", strategy=Strategy.UNDERCUT), reach=Reach.ACCOUNT, reaches="account"),
    Candidate(rule=Rule(rule_id="brand", strategy=Strategy.WIN_THEN_RAISE), reach=Reach.BRAND, reaches="Brand 1"),
    Candidate(
        rule=Rule(rule_id="category", strategy=Strategy.OSCILLATE, endings=(Decimal("0.99"), Decimal("0.49"))),
        reach=Reach.CATEGORY,
        reaches="Category 2",
    ),
    Candidate(
        rule=Rule(
            rule_id="list",
            strategy=Strategy.LOWEST,
            unbeatable=Unbeatable.NEXT,
            rivals=Rivals(never=frozenset({"seller 3"}), far_below_percent=Decimal(40)),
        ),
        reach=Reach.LIST,
        reaches="list 3",
    ),
)


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
    """Decide about every offer; return processor seconds and how many prices change."""
    start = time.process_time()
    changes = 0
    for one in inputs:
        choice = select_rule(one.facts, RULES)
        if choice.chosen and decide(one.facts, one.market, choice.chosen.rule).verdict == "change":
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
