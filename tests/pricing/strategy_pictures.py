"""Pictures of every strategy on the same two weeks of a simulated market: ``python -m tests.pricing.strategy_pictures``.

The market, the backtest and the drawing are the same every time; a test compares the files with what would be drawn.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path as FilePath

from entrepot.pricing.domain.backtest import compare
from entrepot.pricing.domain.facts import Commission, Costs, Known, MarketOffer, OfferFacts, Own, StorePrice
from entrepot.pricing.domain.history import Assumptions, Comparison, History, MarketAt, Path, StoreAt
from entrepot.pricing.domain.rules import Follow, Rule, SellOut, Strategy

FOLDER = FilePath(__file__).parents[2] / "docs" / "pictures" / "strategies"
BEGINS = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 14
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 300, 52, 34, 46
CENT = Decimal("0.01")


def history() -> History:
    """Two competitors who undercut each other and start again, one of whom is sold out for two days; a web shop."""
    chance = random.Random(20)
    prices = {"Undercutter": Decimal("31.00"), "Sleeper": Decimal("29.95")}
    markets: list[MarketAt] = []
    stores: list[StoreAt] = []
    for hour in range(DAYS * 24):
        at = BEGINS + timedelta(hours=hour)
        if hour % 5 == 0:
            down = prices["Undercutter"] - Decimal(chance.randint(10, 45)) / 100
            prices["Undercutter"] = down if down > Decimal("23.40") else Decimal("31.00")
        if hour % 72 == 48:
            prices["Sleeper"] = Decimal(chance.choice(["27.95", "28.95", "29.95", "24.95"]))
        if hour % 48 == 0:
            price = Decimal(chance.choice(["26.99", "27.99", "28.49", "29.99"]))
            stores.append(StoreAt(at, StorePrice(store_id="shop", store="Shop", price=price)))
        there = [name for name in prices if not 150 <= hour < 198]
        offers = tuple(
            MarketOffer(channel_offer_id=name, competitor=name, price=prices[name], delivery_days=1) for name in there
        )
        if not markets or markets[-1].offers != offers:
            markets.append(MarketAt(at, offers))
    return History(
        facts=OfferFacts(
            offer_id="mug",
            price=Decimal("29.95"),
            moment=BEGINS + timedelta(days=DAYS),
            own=Own(frozenset({"us"})),
            stock_age_days=100,
            costs=Costs(
                purchase_price=Known(Decimal("11.20")),
                shipping=Known(Decimal("3.95")),
                packaging=Known(Decimal("0.35")),
                vat=Known(Decimal(21)),
                commission=Commission(fixed=Decimal("0.85"), percent=Decimal("12.4")),
            ),
        ),
        begins=BEGINS,
        ends=BEGINS + timedelta(days=DAYS),
        markets=tuple(markets),
        stores=tuple(stores),
    )


def rule(strategy: Strategy) -> Rule:
    """The strategy as it comes, with a ceiling that fits the picture."""
    return Rule(
        rule_id=strategy.value,
        strategy=strategy,
        raise_by=Decimal("0.25"),
        follow=Follow(percent=Decimal(-2)),
        sell_out=SellOut(after_days=88, until_days=100),
    )


def backtest(strategy: Strategy) -> Comparison:
    """What the strategy would have done in those two weeks."""
    return compare(history(), [rule(strategy)], Assumptions())


def line(path: Path, name: str, least: Decimal, most: Decimal) -> str:
    """A line of steps through one value of each point."""
    width, height = WIDTH - LEFT - 12, HEIGHT - BOTTOM - TOP
    ends = BEGINS + timedelta(days=DAYS)
    places: list[str] = []
    known = None
    for point in (*path.points, None):
        at = point.at if point else ends
        x = LEFT + width * (at - BEGINS) / (ends - BEGINS)
        if known is not None:
            places.append(f"H{x:.1f}")
        value = getattr(point, name) if point else None
        if value is not None:
            y = TOP + height * float((most - value) / (most - least))
            places.append(f"V{y:.1f}" if known is not None else f"M{x:.1f} {y:.1f}")
        known = value
    return "".join(places)


def boxes(path: Path) -> str:
    """Bars under the chart while the buy box was ours."""
    width = WIDTH - LEFT - 12
    ends = BEGINS + timedelta(days=DAYS)
    drawn: list[str] = []
    for point, following in zip(path.points, (*path.points[1:], None), strict=True):
        begins = LEFT + width * (point.at - BEGINS) / (ends - BEGINS)
        until = LEFT + width * ((following.at if following else ends) - BEGINS) / (ends - BEGINS)
        if point.box:
            drawn.append(f"M{begins:.1f} {HEIGHT - BOTTOM + 5}H{until:.1f}")
    return "".join(drawn)


def drawn(strategy: Strategy) -> str:
    """The picture of one strategy."""
    [path] = backtest(strategy).rules
    values = [value for point in path.points for value in (point.price, point.rival, point.floor) if value is not None]
    least, most = min(values) - 1, max(values) + 1
    total = path.totals
    marks: list[str] = []
    step = 2 if most - least < 16 else 4
    for price in range(int(least) + 1, int(most) + 1, step):
        y = TOP + (HEIGHT - BOTTOM - TOP) * float((most - price) / (most - least))
        marks.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 12}" stroke="#dadfe5"/>')
        marks.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{price}.00</text>')
    for day in range(0, DAYS, 2):
        x = LEFT + (WIDTH - LEFT - 12) * day / DAYS
        marks.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}">day {day + 1}</text>')
    told = (
        f"buy box {total.box_percent:.0f} % of the time, {total.average.quantize(CENT)} on average,"
        f" {total.changes} changes, {total.units:.1f} sold, {total.margin.quantize(CENT)} left"
    )
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
                ' font-family="system-ui, sans-serif" font-size="12" fill="#49566c">'
            ),
            f"<title>{strategy.value}: {told}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *marks,
            f'<path d="{line(path, "floor", least, most)}" fill="none" stroke="#d63939" stroke-dasharray="6 4"/>',
            f'<path d="{line(path, "rival", least, most)}" fill="none" stroke="#8a97ab" stroke-width="1.5"/>',
            f'<path d="{line(path, "price", least, most)}" fill="none" stroke="#066fd1" stroke-width="2"/>',
            f'<path d="{boxes(path)}" stroke="#2fb344" stroke-width="5"/>',
            (
                f'<text x="{LEFT}" y="16"><tspan fill="#066fd1">our price</tspan>, <tspan>cheapest competitor</tspan>,'
                f' <tspan fill="#d63939">floor</tspan>, <tspan fill="#1f7a30">buy box ours</tspan></text><text x="{LEFT}" y="33">{told}</text>'
            ),
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for strategy in Strategy:
        (FOLDER / f"{strategy.value}.svg").write_text(drawn(strategy))


if __name__ == "__main__":
    main()
