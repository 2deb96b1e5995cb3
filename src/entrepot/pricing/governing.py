"""What the governor allows: pure decisions over moves, limits and counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

HUNDRED = Decimal(100)


class Cause(StrEnum):
    """What was too much."""

    STEP = "step"
    HOUR = "hour"
    HOUR_SHARE = "hour_share"
    DAY_SHARE = "day_share"
    FLOOR_SHARE = "floor_share"
    STOCK_SHARE = "stock_share"
    HOUR_ITEMS = "hour_items"
    DAY_ITEMS = "day_items"
    BY_HAND = "by_hand"


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one scope.  None: no limit."""

    step_percent: Decimal | None = Decimal(25)
    """One change of one offer."""
    hour_percent: Decimal | None = Decimal(40)
    """All changes of one offer within an hour, together."""
    approval_percent: Decimal | None = Decimal(15)
    """A larger change needs a second person."""
    hour_share: Decimal | None = Decimal(60)
    """Of the offers that move within an hour."""
    day_share: Decimal | None = None
    floor_share: Decimal | None = Decimal(50)
    """Of the offers that stand at their floor."""
    stock_share: Decimal | None = Decimal(30)
    """Of the offers whose stock jumped at once: stock that is wrong makes prices wrong."""
    stock_units: int | None = 50
    """So many units more or fewer, and at least double or half, is a jump."""
    hour_items: int | None = None
    day_items: int | None = None
    least_offers: int = 20
    """Shares count from so many offers on."""


def strictest(*said: Mapping[str, Decimal | int | None]) -> Allowed:
    """Return what holds where several scopes say something: the strictest of each; our own numbers where none does."""
    usual = Allowed()
    values: dict[str, Decimal | int | None] = {}
    for name in Allowed.__struct_fields__:
        given = [value for one in said if (value := one.get(name)) is not None]
        if not given:
            values[name] = getattr(usual, name)
        else:
            values[name] = max(given) if name == "least_offers" else min(given)
    return msgspec.convert(values, Allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A price that is about to change."""

    offer_id: UUID
    before: Decimal | None
    after: Decimal
    hour_before: Decimal | None = None
    """What it cost an hour ago, if it moved since."""
    at_floor: bool = False
    waived: bool = False
    """A second person agreed to it."""
    asked: bool = False
    """The same price waits for a second person, or was refused by one: it is held, and alarms nobody again."""

    hidden: bool = False
    """Something stronger holds meanwhile: it does no harm yet, so it is held and alarms nobody."""

    @property
    def rescued(self) -> bool:
        """It comes from below its floor and rises no further than that: leaving it there is what does harm."""
        return self.at_floor and self.before is not None and self.before < self.after

    @property
    def step(self) -> Decimal:
        """How large the change is, in percent."""
        return percent(self.before, self.after)

    @property
    def hour(self) -> Decimal:
        """How large it is with everything since an hour ago."""
        return percent(self.hour_before, self.after)


def percent(before: Decimal | None, after: Decimal) -> Decimal:
    """Return how far *after* is from *before*, in percent; the first price of all is no change."""
    return abs(after - before) / before * HUNDRED if before else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How a scope stands before the moves."""

    offers: int
    hour: int = 0
    """How many moved within the hour."""
    day: int = 0
    at_floor: int = 0
    moved: Collection[UUID] = ()
    """Those of the moves that moved within the hour already."""
    floored: Collection[UUID] = ()
    """Those of the moves that stand at their floor."""
    floor_allowed: Decimal = Decimal(0)
    jumped: int = 0
    """Offers of this run whose stock jumped."""
    looked: int = 0
    """Offers of this run."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What was too much, and by how much."""

    cause: Cause
    facts: dict[str, str]


def held(moves: Collection[Move], allowed: Allowed) -> set[UUID]:
    """Return what a second person has to see."""
    return {move.offer_id for move in moves if not (move.waived or move.rescued) and _large(move, allowed)}


def _large(move: Move, allowed: Allowed) -> bool:
    if allowed.approval_percent is not None and move.step > allowed.approval_percent:
        return True
    too_much = (allowed.step_percent is not None and move.step > allowed.step_percent) or (
        allowed.hour_percent is not None and move.hour > allowed.hour_percent
    )
    return (move.asked or move.hidden) and too_much


def breach(moves: Collection[Move], before: Before, allowed: Allowed) -> Breach | None:
    """Return what is too much about *moves*, if anything is.  Those that are held do not move."""
    single = _single(moves, allowed)
    if single is not None:
        return single
    waiting = held(moves, allowed)
    moving = [move for move in moves if move.offer_id not in waiting and not move.hidden]
    return _shares(moving, before, allowed)


def _single(moves: Collection[Move], allowed: Allowed) -> Breach | None:
    for cause, limit in ((Cause.STEP, allowed.step_percent), (Cause.HOUR, allowed.hour_percent)):
        if limit is None:
            continue
        for move in sorted(moves, key=lambda one: str(one.offer_id)):
            if move.waived or move.asked or move.hidden or move.rescued:
                continue
            size = move.step if cause is Cause.STEP else move.hour
            if size > limit:
                return Breach(
                    cause,
                    {
                        "offer_id": str(move.offer_id),
                        "before": str(move.before if cause is Cause.STEP else move.hour_before),
                        "after": str(move.after),
                        "percent": _written(size),
                        "limit": _written(limit),
                    },
                )
    return None


def _shares(moving: Collection[Move], before: Before, allowed: Allowed) -> Breach | None:
    new = {move.offer_id for move in moving} - set(before.moved)
    in_hour = before.hour + len(new)
    in_day = before.day + len(new)
    leaving = sum(1 for move in moving if move.offer_id in before.floored)
    floor = before.at_floor - leaving + sum(1 for move in moving if move.at_floor)
    offers = max(before.offers, 1)
    floor_limit = None if allowed.floor_share is None else max(allowed.floor_share, before.floor_allowed)
    more_at_floor = floor > before.at_floor
    for cause, number, of, limit in (
        (Cause.HOUR_SHARE, in_hour if new else 0, offers, allowed.hour_share),
        (Cause.DAY_SHARE, in_day if new else 0, offers, allowed.day_share),
        (Cause.FLOOR_SHARE, floor if more_at_floor else 0, offers, floor_limit),
        (Cause.STOCK_SHARE, before.jumped if moving else 0, max(before.looked, 1), allowed.stock_share),
    ):
        share = Decimal(number) * HUNDRED / of
        if limit is not None and number >= allowed.least_offers and share > limit:
            facts = {"count": str(number), "of": str(of), "percent": _written(share), "limit": _written(limit)}
            return Breach(cause, facts)
    for cause, number, most in (
        (Cause.HOUR_ITEMS, in_hour if new else 0, allowed.hour_items),
        (Cause.DAY_ITEMS, in_day if new else 0, allowed.day_items),
    ):
        if most is not None and number > most:
            return Breach(cause, {"count": str(number), "limit": str(most)})
    return None


def jumped(before: int | None, after: int, units: int | None) -> bool:
    """Return whether a stock went up or down so far at once that it may be a mistake."""
    if before is None or units is None:
        return False
    return abs(after - before) >= units and (after >= 2 * before or 2 * after <= before)


def _written(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.1')):f}".removesuffix(".0")
