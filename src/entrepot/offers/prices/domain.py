"""Which price an offer should have, of all that somebody wants for it.  Pure."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

MOST = Decimal(1_000_000)
"""A price beyond this is a mistake."""


class Source(StrEnum):
    """Who wants a price, the strongest first."""

    MANUAL = "manual"
    """A person set it, and it stays until a person lets go."""
    SCHEDULE = "schedule"
    """It holds from one moment to another."""
    LIST = "list"
    RULE = "rule"
    BASE = "base"
    """Nothing holds any more: back to what the channel showed before a schedule or a list began."""


class PriceState(StrEnum):
    """How the price of an offer stands; the database derives it from the other columns."""

    UNKNOWN = "unknown"
    """Nobody here decides it: the channel keeps what it has."""
    IN_STEP = "in_step"
    TO_PUSH = "to_push"
    FAILED = "failed"
    """The channel refused our price."""
    GONE = "gone"
    """No longer on the channel."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A price that somebody wants for one offer."""

    source: Source
    price: Decimal
    source_id: UUID | None = None
    """The rule, the list or the schedule."""
    rank: int = 0
    """Among lists: the priority; the higher wins."""
    narrow: bool = False
    """Among lists: it is for one channel account, not for all."""
    begins_at: datetime | None = None
    """From when it holds; of two alike, the one that began later wins."""
    ends_at: datetime | None = None
    """Until when it holds, that moment not included."""
    derivation: dict[str, Any]

    def holds(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return (self.begins_at is None or self.begins_at <= at) and (self.ends_at is None or at < self.ends_at)


_STRENGTH = {source: -place for place, source in enumerate(Source)}


def effective(candidates: Iterable[Candidate], at: datetime) -> Candidate | None:
    """Return the one that counts: manual before schedule before price list before rule; None if none holds.

    Of several schedules the one that began last counts; of several lists the one with the highest priority, then one
    for the account before one for all, then the one that began last.  The order in which they are given says nothing.
    """
    holding = [candidate for candidate in candidates if candidate.holds(at)]
    return max(holding, key=_weight, default=None)


def _weight(candidate: Candidate) -> tuple[int, int, bool, float, str]:
    began = candidate.begins_at.timestamp() if candidate.begins_at is not None else float("-inf")
    return _STRENGTH[candidate.source], candidate.rank, candidate.narrow, began, str(candidate.source_id or "")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about an offer last, and what its channel has."""

    price: Decimal | None = None
    source: Source | None = None
    source_id: UUID | None = None
    published: Decimal | None = None
    base: Decimal | None = None
    sending: bool = False
    """Some price is on its way, or may have arrived: what was published is not certainly what the channel has."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer should cost; *price* None: nobody here decides it."""

    price: Decimal | None
    source: Source | None
    source_id: UUID | None = None
    derivation: dict[str, Any] | None = None
    base: Decimal | None = None
    """What to go back to once no schedule and no list holds any more."""


PASSING = frozenset({Source.SCHEDULE, Source.LIST})


def decide(held: Held, candidates: Iterable[Candidate], at: datetime) -> Decided:
    """Return what an offer should cost now.

    A schedule or a list on an offer that nobody decided about leaves no trace: when it is over, the channel is told
    what it showed before, and then the offer is left alone again.
    """
    holding = [candidate for candidate in candidates if candidate.holds(at)]
    chosen = effective(holding, at)
    passing = any(candidate.source in PASSING for candidate in holding)
    if chosen is not None:
        base = held.base if passing else None
        if base is None and chosen.source in PASSING and held.source not in PASSING:
            base = held.published if held.published is not None else held.price
        return Decided(
            price=chosen.price,
            source=chosen.source,
            source_id=chosen.source_id,
            derivation=chosen.derivation,
            base=base,
        )
    back = held.base if held.source in PASSING else held.price if held.source is Source.BASE else None
    if back is None or (back == held.published and not held.sending):
        return Decided(price=None, source=None)
    return Decided(price=back, source=Source.BASE, derivation={"source": str(Source.BASE)})
