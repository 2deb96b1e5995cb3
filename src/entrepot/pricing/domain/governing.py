"""Whether a decided number may leave: allowed, held for a person, or everything is frozen.  Pure.

The caller keeps the counters and enforces the ruling.  The limits hold whatever a rule says, because the rule, its
costs or what the market seems to be may be wrong in ways that no rule knows.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from entrepot.pricing.domain.facts import HUNDRED, ZERO


class Scope(StrEnum):
    """Whom a set of limits holds for."""

    INSTANCE = "instance"
    SELLER = "seller"
    ACCOUNT = "account"


class Ruling(StrEnum):
    """What becomes of a change."""

    ALLOW = "allow"
    HOLD = "hold"
    """A person has to say yes."""
    FREEZE = "freeze"
    """Nothing of that scope leaves until a person resumes."""


class Reason(StrEnum):
    """Which limit spoke."""

    STEP = "step"
    HOUR = "hour"
    SECOND_PERSON = "second_person"
    CHANGES = "changes"
    MOVED = "moved"
    AT_FLOOR = "at_floor"
    STOCK_JUMP = "stock_jump"
    FROZEN = "frozen"


class GovernorLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What may happen without a person.  ``None`` switches a limit off."""

    step_percent: Decimal | None = Decimal(20)
    """The largest change of one price at once."""
    hour_percent: Decimal | None = Decimal(40)
    """The largest change of one price within an hour."""
    second_person_percent: Decimal | None = None
    """Above this a change that a person made, or approved, needs another person."""
    changes_per_hour: int | None = None
    moved_percent: Decimal | None = Decimal(60)
    """Part of the offers whose price moves within an hour."""
    at_floor_percent: Decimal | None = Decimal(50)
    """Part of the offers that are at their floor."""
    stock_jump_percent: Decimal | None = None
    """The largest change of a published stock at once, from ``stock_jump_least`` units on."""
    stock_jump_least: int = 50
    fewest_offers: int = 20
    """Parts of fewer offers mean nothing, and are not looked at."""


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in a scope within the last hour, the change in question not included."""

    scope: Scope
    scope_id: str = ""
    offers: int = 0
    """That have a price."""
    changes: int = 0
    moved: int = 0
    """Offers whose price changed."""
    at_floor: int = 0
    frozen: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A price that wants to leave."""

    offer_id: str
    before: Decimal | None
    after: Decimal
    hour_ago: Decimal | None = None
    """What was asked an hour ago; None: the same as before."""
    moved_already: bool = False
    """Within this hour."""
    floor: Decimal | None = None
    was_at_floor: bool = False
    by_person: bool = False
    """A person made or approved it: only the second person's limit counts for its size."""
    second_person: bool = False
    """Another person said yes, too."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was ruled, by which limit of which scope, and the numbers that were compared."""

    ruling: Ruling = Ruling.ALLOW
    reason: Reason | None = None
    scope: Scope | None = None
    scope_id: str = ""
    found: Decimal | None = None
    limit: Decimal | None = None


ALLOWED = Verdict()


def share(part: int, whole: int) -> Decimal:
    """Return *part* in percent of *whole*."""
    return HUNDRED * part / whole if whole else ZERO


def moved_by(before: Decimal | None, after: Decimal) -> Decimal:
    """Return by how many percent a price moves; a first price does not."""
    return abs(after - before) * HUNDRED / before if before else ZERO


def govern(change: Change, scopes: Iterable[tuple[Counters, GovernorLimits]]) -> Verdict:
    """Rule about one change.

    A freeze of any scope goes before a hold of any other: when too much moves, the single change does not matter.
    """
    held: Verdict | None = None
    for counters, limits in scopes:
        frozen = _frozen(change, counters, limits)
        if frozen is not None:
            return frozen
        held = held or _held(change, counters, limits)
    return held or ALLOWED


def _frozen(change: Change, counters: Counters, limits: GovernorLimits) -> Verdict | None:
    if counters.frozen:
        return _verdict(Ruling.FREEZE, Reason.FROZEN, counters)
    if limits.changes_per_hour is not None and counters.changes + 1 > limits.changes_per_hour:
        found = Decimal(counters.changes + 1)
        return _verdict(Ruling.FREEZE, Reason.CHANGES, counters, found, Decimal(limits.changes_per_hour))
    if counters.offers < limits.fewest_offers:
        return None
    moved = share(counters.moved + (not change.moved_already), counters.offers)
    if limits.moved_percent is not None and moved > limits.moved_percent:
        return _verdict(Ruling.FREEZE, Reason.MOVED, counters, moved, limits.moved_percent)
    arrives = change.floor is not None and change.after <= change.floor and not change.was_at_floor
    low = share(counters.at_floor + arrives, counters.offers)
    if limits.at_floor_percent is not None and arrives and low > limits.at_floor_percent:
        return _verdict(Ruling.FREEZE, Reason.AT_FLOOR, counters, low, limits.at_floor_percent)
    return None


def _held(change: Change, counters: Counters, limits: GovernorLimits) -> Verdict | None:
    step = moved_by(change.before, change.after)
    second = limits.second_person_percent
    if second is not None and step > second and not change.second_person:
        return _verdict(Ruling.HOLD, Reason.SECOND_PERSON, counters, step, second)
    if change.by_person:
        return None
    if limits.step_percent is not None and step > limits.step_percent:
        return _verdict(Ruling.HOLD, Reason.STEP, counters, step, limits.step_percent)
    hour = moved_by(change.hour_ago if change.hour_ago is not None else change.before, change.after)
    if limits.hour_percent is not None and hour > limits.hour_percent:
        return _verdict(Ruling.HOLD, Reason.HOUR, counters, hour, limits.hour_percent)
    return None


def govern_stock(before: int | None, after: int, counters: Counters, limits: GovernorLimits) -> Verdict:
    """Rule about a stock number: one that jumps is held, because a wrong stock sells what is not there."""
    if counters.frozen:
        return _verdict(Ruling.FREEZE, Reason.FROZEN, counters)
    if limits.stock_jump_percent is None or not before or abs(after - before) < limits.stock_jump_least:
        return ALLOWED
    jump = share(abs(after - before), before)
    if jump > limits.stock_jump_percent:
        return _verdict(Ruling.HOLD, Reason.STOCK_JUMP, counters, jump, limits.stock_jump_percent)
    return ALLOWED


def _verdict(
    ruling: Ruling, reason: Reason, counters: Counters, found: Decimal | None = None, limit: Decimal | None = None
) -> Verdict:
    return Verdict(
        ruling=ruling, reason=reason, scope=counters.scope, scope_id=counters.scope_id, found=found, limit=limit
    )
