"""Replays cases and adds up what came of them.  Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from entrepot.pricing.backtests.gathering import Case
from entrepot.pricing.backtests.refs import Curve, Line, OfferResult, Result
from entrepot.pricing.domain.backtest import compare
from entrepot.pricing.domain.history import Assumptions, Comparison, Day, Path, Totals

NO_RULE = "no_rule"
MOST_POINTS = 3000
"""Of one curve that are kept."""


class Replayed(msgspec.Struct, frozen=True):
    """One offer's result, and its part of the sums."""

    result: OfferResult
    part: Result


def replay(case: Case, assume: Assumptions) -> Replayed:
    """Replay one offer under every side that has a rule for it."""
    rules = [rule for rule in case.rules if rule is not None]
    found = compare(case.history, rules, assume)
    paths = iter(found.rules)
    sides = [None if rule is None else next(paths) for rule in case.rules]
    result = OfferResult(
        actual=None if found.actual is None else found.actual.totals,
        sides=tuple(Totals() if path is None else path.totals for path in sides),
        problems=tuple(NO_RULE if path is None else path.problem for path in sides),
        rules=tuple("" if rule is None else rule.name for rule in case.rules),
        units_per_day=round(found.units_per_day, 6),
        scaled=found.scaled,
        actual_curve=None if found.actual is None else _curve(found.actual),
        curves=tuple(Curve() if path is None else _curve(path) for path in sides),
    )
    return Replayed(result, _part(case, found, sides))


def _part(case: Case, found: Comparison, sides: Sequence[Path | None]) -> Result:
    return Result(
        actual=Line() if found.actual is None else Line(totals=found.actual.totals, days=found.actual.days),
        sides=tuple(
            Line(problems={NO_RULE: 1})
            if path is None
            else Line(totals=path.totals, days=path.days, problems={path.problem: 1} if path.problem else {})
            for path in sides
        ),
        offers=1,
        recorded=int(found.actual is not None),
        without_rule=int(all(path is None for path in sides)),
        units_sold=case.history.units_sold or 0,
        agreed=found.agreed,
        moments=found.moments,
        currencies=(case.offer.currency,),
    )


def added(parts: Iterable[Result]) -> Result:
    """Add parts up."""
    total = Result()
    for part in parts:
        sides = [
            _line(total.sides[place] if place < len(total.sides) else Line(), line)
            for place, line in enumerate(part.sides)
        ]
        total = Result(
            actual=_line(total.actual, part.actual),
            sides=(*sides, *total.sides[len(sides) :]),
            offers=total.offers + part.offers,
            recorded=total.recorded + part.recorded,
            without_market=total.without_market + part.without_market,
            without_rule=total.without_rule + part.without_rule,
            units_sold=total.units_sold + part.units_sold,
            agreed=total.agreed + part.agreed,
            moments=total.moments + part.moments,
            currencies=tuple(sorted({*total.currencies, *part.currencies})),
        )
    return total


def _line(one: Line, other: Line) -> Line:
    days: dict[date, Totals] = {day.day: day.totals for day in one.days}
    for day in other.days:
        days[day.day] = days.get(day.day, Totals()) + day.totals
    problems = {
        name: one.problems.get(name, 0) + other.problems.get(name, 0) for name in {*one.problems, *other.problems}
    }
    return Line(
        totals=one.totals + other.totals,
        days=tuple(Day(day, days[day]) for day in sorted(days)),
        problems=dict(sorted(problems.items())),
    )


def rounded(result: Result) -> Result:
    """Return a result as it is stored: no more digits than anybody reads."""
    return msgspec.structs.replace(
        result,
        actual=_rounded(result.actual),
        sides=tuple(_rounded(line) for line in result.sides),
    )


def _rounded(line: Line) -> Line:
    return msgspec.structs.replace(
        line,
        totals=_short(line.totals),
        days=tuple(Day(day.day, _short(day.totals)) for day in line.days),
    )


def _short(totals: Totals) -> Totals:
    values: dict[str, Any] = {
        name: round(one, 6) if isinstance(one, Decimal) else one for name, one in msgspec.structs.asdict(totals).items()
    }
    return Totals(**values)


def _curve(path: Path) -> Curve:
    points = path.points[:MOST_POINTS]
    return Curve(
        at=tuple(int(point.at.timestamp()) for point in points),
        price=tuple(point.price for point in points),
        rival=tuple(point.rival for point in points),
        floor=tuple(point.floor for point in points),
        box=tuple(point.box for point in points),
    )
