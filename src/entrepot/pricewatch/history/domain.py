"""What a price did, in figures: pure arithmetic over steps, each price holding until the next."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

import msgspec

HUNDRED = Decimal(100)
DAY = timedelta(days=1)
STEADY = Decimal(2)
"""Percent in 30 days below which a price is called steady."""
MONTH = 30
WEIGHTS = (Decimal("0.6"), Decimal("0.3"), Decimal("0.1"))
"""Of the share of time that it cost more, the nearness to the lowest, and the trend."""


class Span(StrEnum):
    """How far a chart looks back."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "1y"
    ALL = "all"


DAYS = {Span.WEEK: 7, Span.MONTH: 30, Span.QUARTER: 90, Span.YEAR: 365}
BUCKETS = 240
"""Points of a line, about one for two pixels."""
SHORTEST = timedelta(minutes=15)


class Trend(StrEnum):
    """Where a price is going."""

    FALLING = "falling"
    STEADY = "steady"
    RISING = "rising"


class Verdict(StrEnum):
    """What a score means."""

    GREAT = "great"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


VERDICTS = ((80, Verdict.GREAT), (60, Verdict.GOOD), (40, Verdict.FAIR), (0, Verdict.POOR))


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing said in a while: what held at its end, and the extremes."""

    at: datetime
    price: Decimal | None
    """None: it could not be bought."""
    low: Decimal | None
    high: Decimal | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A listing's points, the oldest first."""

    listing_id: UUID
    points: tuple[Point, ...]


class Step(msgspec.Struct, frozen=True):
    """From *at* on a price held; None: nobody sold it."""

    at: datetime
    price: Decimal | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the best price did in a span."""

    now: Decimal | None
    """None: nobody sells it now."""
    low: Decimal
    low_at: datetime
    high: Decimal
    high_at: datetime
    average: Decimal
    """By time, not by observations."""
    percentile: int | None
    """Percent of the time in which it cost no more than now; 0 is the best there was."""
    change: Decimal
    """Percent per 30 days, by a straight line through the span."""
    trend: Trend
    score: int | None
    """0 to 100, how good now is to buy; None: nobody sells it, or there is less than a week to compare with."""
    verdict: Verdict | None
    sold_out: Decimal
    """Percent of the time in which nobody sold it."""


def width(since: datetime, until: datetime) -> timedelta:
    """Return how long the whiles are into which a span is cut."""
    return max(SHORTEST, (until - since) / BUCKETS)


def best(lines: Iterable[Line], since: datetime) -> list[Step]:
    """Return the lowest price of several listings over time, from *since* on."""
    changes = sorted(
        ((point.at, line.listing_id, point.price) for line in lines for point in line.points),
        key=lambda change: (change[0], change[1]),
    )
    prices: dict[UUID, Decimal | None] = {}
    steps: list[Step] = []
    for at, listing_id, price in changes:
        prices[listing_id] = price
        known = [one for one in prices.values() if one is not None]
        lowest = min(known) if known else None
        moment = max(at, since)
        if steps and steps[-1].at == moment:
            steps.pop()
        if not steps or steps[-1].price != lowest:
            steps.append(Step(moment, lowest))
    return steps


def figures(lines: Sequence[Line], since: datetime, until: datetime) -> Figures | None:
    """Return what the best price did; None: there never was one."""
    steps = [step for step in best(lines, since) if step.at <= until]
    if not steps:
        return None
    spells = [
        (step.price, _seconds(end - step.at), step.at)
        for step, end in zip(steps, [*(step.at for step in steps[1:]), until], strict=True)
    ]
    priced = [(price, weight, at) for price, weight, at in spells if price is not None]
    if not priced:
        return None
    points = [point for line in lines for point in line.points if point.at >= since - DAY]
    low, low_at = min(
        [(price, at) for price, _, at in priced]
        + [(point.low, point.at) for point in points if point.low is not None and point.price is not None]
    )
    high, high_at = max((price, at) for price, _, at in priced)
    total = sum(weight for _, weight, _ in priced)
    everything = sum(weight for _, weight, _ in spells)
    average = sum((price * weight for price, weight, _ in priced), Decimal(0)) / total if total else priced[-1][0]
    now = steps[-1].price
    change = _slope(priced) * MONTH * HUNDRED / average
    trend = Trend.STEADY if abs(change) < STEADY else Trend.RISING if change > 0 else Trend.FALLING
    percentile: int | None = None
    score: int | None = None
    if now is not None and total:
        below = sum(weight for price, weight, _ in priced if price < now)
        percentile = int((HUNDRED * below / total).to_integral_value())
        if until - priced[0][2] >= 7 * DAY:
            score = _score(now, low, high, Decimal(percentile), trend)
    return Figures(
        now=now,
        low=low,
        low_at=low_at,
        high=high,
        high_at=high_at,
        average=average.quantize(Decimal("0.0001")),
        percentile=percentile,
        change=change.quantize(Decimal("0.1")),
        trend=trend,
        score=score,
        verdict=None if score is None else verdict(score),
        sold_out=(HUNDRED * (everything - total) / everything).quantize(Decimal("0.1")) if everything else Decimal(0),
    )


def verdict(score: int) -> Verdict:
    """Return what a score means."""
    return next(name for least, name in VERDICTS if score >= least)


def _score(now: Decimal, low: Decimal, high: Decimal, percentile: Decimal, trend: Trend) -> int:
    """Return how good now is to buy; a price that never moved is neither good nor bad."""
    if low == high:
        return 50
    nearness = (high - now) / (high - low)
    going = {Trend.RISING: Decimal(1), Trend.STEADY: Decimal("0.5"), Trend.FALLING: Decimal(0)}[trend]
    parts = ((HUNDRED - percentile) / HUNDRED, nearness, going)
    return int(sum((weight * part for weight, part in zip(WEIGHTS, parts, strict=True)), Decimal(0)) * HUNDRED)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _slope(priced: Sequence[tuple[Decimal, int, datetime]]) -> Decimal:
    """Return how much a price changes a day: least squares over the middles of its spells, weighted by their lengths.

    A direction, no amount anybody pays, so it is worked out in floating point: it takes most of a chart's time.
    """
    begin = priced[0][2]
    spots = [
        (((at - begin).total_seconds() + weight / 2) / 86_400, float(price), weight)
        for price, weight, at in priced
        if weight
    ]
    total = sum(weight for _, _, weight in spots)
    if not total:
        return Decimal(0)
    middle = sum(day * weight for day, _, weight in spots) / total
    mean = sum(price * weight for _, price, weight in spots) / total
    spread = sum(weight * (day - middle) ** 2 for day, _, weight in spots)
    if not spread:
        return Decimal(0)
    return Decimal(sum(weight * (day - middle) * (price - mean) for day, price, weight in spots) / spread)


def sold_out(steps: Sequence[Step], until: datetime) -> list[tuple[datetime, datetime]]:
    """Return from when to when nobody sold it."""
    ends = [*steps, Step(until, None)]
    return [(one.at, other.at) for one, other in pairwise(ends) if one.price is None and other.at > one.at]
