"""How a price follows the market: strategies and everything that can be said about them.  Pure, stored as JSON."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from entrepot.pricing.domain.facts import ZERO

DEFAULT_FLOOR = "PRICE(FIRST(landed_cost, purchase_price) + shipping + packaging, 0, 5%)"
DEFAULT_CEILING = "floor * 1.5"


class Strategy(StrEnum):
    """Who is followed, and how."""

    MATCH = "match"
    """Ask what the offer with the buy box asks, else the lowest."""
    UNDERCUT = "undercut"
    """Ask a step less than the offer with the buy box, else the lowest."""
    LOWEST = "lowest"
    """Ask a step less than the lowest, whoever has the buy box."""
    BUY_BOX = "buy_box"
    """Go down only as far as it takes to get the buy box, and stay there."""
    WIN_THEN_RAISE = "win_then_raise"
    """Win the buy box, then climb by cents until it is lost, and start again."""
    OSCILLATE = "oscillate"
    """Undercut; at the floor jump to the ceiling and let the others follow."""
    FOLLOW_STORE = "follow_store"
    """Ask what a watched web shop asks, more or less."""
    SELL_OUT = "sell_out"
    """Fall from the ceiling to the floor as the stock gets old, whatever others do."""


class Alone(StrEnum):
    """What happens while nobody else sells it, or all who did are sold out."""

    CEILING = "ceiling"
    STEP_UP = "step_up"
    KEEP = "keep"
    ITEM_PRICE = "item_price"


class Unbeatable(StrEnum):
    """What happens while the price that would win is below the floor."""

    FLOOR = "floor"
    CEILING = "ceiling"
    KEEP = "keep"
    NEXT = "next"
    """Compete with the next one that can be beaten."""


class StepBand(msgspec.Struct, frozen=True, kw_only=True):
    """How large a step is from a price on: an amount, a part of the price, or both together."""

    from_price: Decimal = ZERO
    amount: Decimal = ZERO
    percent: Decimal = ZERO


DEFAULT_STEPS = (
    StepBand(amount=Decimal("0.10")),
    StepBand(from_price=Decimal(20), percent=Decimal("0.5")),
)
"""0.10 below 20, 0.5 % from there on."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the week in which the rule works."""

    days: frozenset[int] = frozenset(range(1, 8))
    """1 is Monday."""
    begins: int = 0
    """Minutes after midnight, on the rule's clock."""
    ends: int = 24 * 60
    """Smaller than ``begins``: over midnight, into the next day."""


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """How a competitor's price is reckoned before it is compared."""

    competitor: str = ""
    """Empty: everybody without a word of their own."""
    percent: Decimal = ZERO
    amount: Decimal = ZERO


class Rivals(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the rule competes with.  An empty set means: with all of them."""

    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    fulfilments: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    least_rating: Decimal | None = None
    """Who has no known rating is counted nevertheless."""
    slowest_days: int | None = None
    """Days until delivery; unknown ones count."""
    far_below_percent: Decimal | None = None
    """Who asks so much less than the middle of all is taken for a mistake."""
    shipping: bool = True
    """Compare what the buyer pays in the end."""
    adjustments: tuple[Adjustment, ...] = ()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the price may never leave, as formulas: see :mod:`entrepot.pricing.domain.formulas`."""

    floor: str = DEFAULT_FLOOR
    ceiling: str = DEFAULT_CEILING


class SellOut(msgspec.Struct, frozen=True, kw_only=True):
    """How a price falls while stock gets old."""

    after_days: int = 30
    """Until then it stays at the ceiling."""
    until_days: int = 90
    """Then it is at the floor."""
    plenty: int = 0
    """More units than this: ``plenty_percent`` further on the way down; 0: the amount does not matter."""
    plenty_percent: Decimal = ZERO


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """Which watched store is followed, and how far away."""

    stores: frozenset[str] = frozenset()
    """Empty: the cheapest of all."""
    percent: Decimal = ZERO
    amount: Decimal = ZERO


class Mode(StrEnum):
    """What becomes of the decisions of a rule."""

    OFF = "off"
    DRY_RUN = "dry_run"
    APPROVE = "approve"
    """A person applies each, or all, with one click."""
    AUTOMATIC = "automatic"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as it is at one version."""

    rule_id: str
    version: int = 1
    name: str = ""
    strategy: Strategy = Strategy.UNDERCUT
    limits: Limits = Limits()
    rivals: Rivals = Rivals()
    steps: tuple[StepBand, ...] = DEFAULT_STEPS
    raise_by: Decimal = Decimal("0.05")
    """How far a climb goes each time."""
    most_below_percent: Decimal = Decimal(10)
    """Going for the buy box goes no further below the price of who has it."""
    alone: Alone = Alone.CEILING
    alone_percent: Decimal = Decimal(2)
    """Of a step up while alone."""
    unbeatable: Unbeatable = Unbeatable.FLOOR
    sell_out: SellOut = SellOut()
    follow: Follow = Follow()
    paused: bool = False
    windows: tuple[Window, ...] = ()
    """Empty: always."""
    timezone: str = "Europe/Amsterdam"
    resting_price: str = ""
    """A formula: what is asked outside the windows, on vacation and while paused; empty: what is asked now."""
    oldest_minutes: int = 24 * 60
    """Older readings of the market are not believed."""
    least_change: Decimal = Decimal("0.01")
    least_change_percent: Decimal = ZERO
    endings: tuple[Decimal, ...] = ()
    """Attractive endings, such as 0.99 and 0.95; empty: to the cent."""
    star: int | None = None
    """Stay where the channel shows a price star of this level, if the limits allow it."""
    keep_reduction: bool = True
    """Rather ask the most that gets a reduced commission than a bit more and earn less."""


class Phase(StrEnum):
    """Where a rule that remembers is."""

    WIN = "win"
    RAISE = "raise"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule remembers of an offer from one decision to the next; stored by the caller, given back in."""

    phase: Phase = Phase.WIN
    lost_at: Decimal | None = None
    """The price at which the buy box was last lost."""
    stepped_at: datetime | None = None
    """When it last went on from its own price; it does so again once somebody looked at the market after that."""


START = State()
