"""What was decided, with everything that explains it.  Pure."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from entrepot.pricing.domain.rules import START, State


class Verdict(StrEnum):
    """What should become of the price."""

    CHANGE = "change"
    KEEP = "keep"
    NONE = "none"
    """There is no automatic price: something is unknown, or the rule is off."""


class Problem(StrEnum):
    """Why there is no automatic price."""

    FLOOR_UNKNOWN = "floor_unknown"
    CEILING_UNKNOWN = "ceiling_unknown"
    LIMITS_CROSSED = "limits_crossed"
    """The floor is above the ceiling."""
    PAUSED = "paused"
    NO_PRICE = "no_price"
    """Nothing says what to ask, and nothing is asked now."""


class Limit(StrEnum):
    """What kept the price from where the strategy wanted it."""

    FLOOR = "floor"
    CEILING = "ceiling"
    STAR = "star"
    REDUCTION = "reduction"
    ENDING = "ending"
    LEAST_CHANGE = "least_change"


class StepKind(StrEnum):
    """One thing that happened on the way to the price, in order."""

    MATCH = "match"
    UNDERCUT = "undercut"
    HOLD_BOX = "hold_box"
    CLIMB = "climb"
    LOST = "lost"
    FOLLOW = "follow"
    SELL_OUT = "sell_out"
    ALONE_CEILING = "alone_ceiling"
    ALONE_STEP = "alone_step"
    ALONE_KEEP = "alone_keep"
    ALONE_ITEM = "alone_item"
    SOLD_OUT = "sold_out"
    """A competitor who was there is gone: the evidence for a raise."""
    UNBEATABLE_CEILING = "unbeatable_ceiling"
    UNBEATABLE_KEEP = "unbeatable_keep"
    UNBEATABLE_NEXT = "unbeatable_next"
    MARKET_OLD = "market_old"
    MARKET_UNKNOWN = "market_unknown"
    MARKET_SAME = "market_same"
    """Nobody looked at the market since the last step."""
    NO_STORE = "no_store"
    NO_AGE = "no_age"
    OUTSIDE = "outside"
    VACATION = "vacation"
    RESTING = "resting"
    RESTING_UNKNOWN = "resting_unknown"
    STAR = "star"
    REDUCTION = "reduction"
    ENDING = "ending"
    FLOOR = "floor"
    CEILING = "ceiling"
    SMALL = "small"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what happened, and the price after it."""

    kind: StepKind
    price: Decimal | None = None
    """After the step."""
    name: str = ""
    """Of the competitor or store."""
    amount: Decimal | None = None
    percent: Decimal | None = None
    count: int | None = None
    at: datetime | None = None


class Skipped(StrEnum):
    """Why an offer of the market does not count."""

    OURS = "ours"
    CURRENCY = "currency"
    NOT_CHOSEN = "not_chosen"
    NEVER = "never"
    FULFILMENT = "fulfilment"
    CONDITION = "condition"
    RATING = "rating"
    SLOW = "slow"
    FAR_BELOW = "far_below"


class Rival(msgspec.Struct, frozen=True, omit_defaults=True):
    """One offer of the market as it was seen by the rule."""

    channel_offer_id: str
    competitor: str
    price: Decimal
    """As asked."""
    compared: Decimal
    """After pack, shipping and adjustment."""
    best: bool
    skipped: Skipped | None = None
    name: str = ""
    """Of the competitor; empty: not known."""


class Term(msgspec.Struct, frozen=True):
    """One term of a formula and what it was."""

    text: str
    value: Decimal
    source: str = ""
    read_at: datetime | None = None


class Missing(msgspec.Struct, frozen=True):
    """A term that is not known."""

    name: str
    limit: str


class ChangeKind(StrEnum):
    """What would change the price."""

    RIVAL_MOVES = "rival_moves"
    """Another price of the one that is followed: ``name``, now at ``price``."""
    FLOOR_LOWER = "floor_lower"
    """A floor of at most ``price``: costs ``amount`` lower, or less margin."""
    CEILING_HIGHER = "ceiling_higher"
    BOX_LOST = "box_lost"
    BOX_WON = "box_won"
    RIVAL_COMES = "rival_comes"
    MARKET_READ = "market_read"
    TERM_KNOWN = "term_known"
    """``name`` becomes known."""
    OLDER_STOCK = "older_stock"
    WINDOW = "window"
    ENDED = "ended"
    """The rest (pause, vacation) ends."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would change the price."""

    kind: ChangeKind
    name: str = ""
    price: Decimal | None = None
    amount: Decimal | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What one offer should ask.  If there is a price, it is never below the floor and never above the ceiling."""

    verdict: Verdict
    price: Decimal | None = None
    before: Decimal | None = None
    currency: str = "EUR"
    rule_id: str = ""
    rule_version: int = 0
    wanted: Decimal | None = None
    """What the strategy asked for before limits and roundings."""
    floor: Decimal | None = None
    ceiling: Decimal | None = None
    problem: Problem | None = None
    problem_text: str = ""
    """In English: which input is missing, or how the limits cross."""
    missing: tuple[Missing, ...] = ()
    limits: tuple[Limit, ...] = ()
    """Those that bit."""
    steps: tuple[Step, ...] = ()
    floor_terms: tuple[Term, ...] = ()
    ceiling_terms: tuple[Term, ...] = ()
    rivals: tuple[Rival, ...] = ()
    has_box: bool = False
    market_read_at: datetime | None = None
    market_source: str = ""
    changes: tuple[WhatIf, ...] = ()
    state: State = START
    """To be given in the next time."""
