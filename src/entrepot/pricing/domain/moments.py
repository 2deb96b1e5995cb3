"""When a decision may turn out otherwise although nothing happens: by the clock alone.  Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from entrepot.pricing.domain.facts import Commission
from entrepot.pricing.domain.rules import Rule

WEEK = 8
"""Days in which every edge of the week comes."""
FULL_DAY = 24 * 60


def next_moment(
    rule: Rule, commission: Commission | None, paused_until: datetime | None, moment: datetime
) -> datetime | None:
    """Return the next moment at which the limits, or whether the rule works, change by themselves; None: none is known.

    Args:
        rule: as it works, with its group's times.
        commission: with the reductions that begin and end at midnight.
        paused_until: when the pause of the group ends.
        moment: the moment of the decision.
    """
    zone = ZoneInfo(rule.timezone)
    found = [paused_until] if paused_until is not None and rule.paused else []
    for day, minute in (*_edges(rule, moment.astimezone(zone).date()), *_midnights(commission)):
        local = datetime.combine(day + timedelta(days=minute // FULL_DAY), time(0), tzinfo=zone)
        found.append(local.replace(hour=minute % FULL_DAY // 60, minute=minute % 60).astimezone(UTC))
    return min((one for one in found if one > moment), default=None)


def _edges(rule: Rule, today: date) -> Iterator[tuple[date, int]]:
    """Return when windows open and close."""
    for window in rule.windows:
        for number in range(-1, WEEK):
            day = today + timedelta(days=number)
            if day.isoweekday() in window.days:
                yield day, window.begins
                yield day, window.ends if window.ends > window.begins else window.ends + FULL_DAY


def _midnights(commission: Commission | None) -> Iterator[tuple[date, int]]:
    """Return when the channel begins and stops to keep less."""
    for reduction in commission.reductions if commission is not None else ():
        yield reduction.begins, 0
        yield reduction.ends, FULL_DAY
