"""How many units of an offer a channel is told, and why.  Pure."""

from enum import StrEnum

import msgspec

RULE = 1
"""Version of the rule; kept with every number, so that an old number can be explained by the rule it came from."""
MOST = 1_000_000
"""More units than this no channel is told."""


class OfferState(StrEnum):
    """How an offer stands; the database derives it from the other columns."""

    IN_STEP = "in_step"
    """The channel has what it should have."""
    TO_PUSH = "to_push"
    FAILED = "failed"
    """The channel refused our number."""
    UNMATCHED = "unmatched"
    """We do not know which product it is."""
    PAUSED = "paused"
    """Kept at nothing by a person, and the channel knows."""
    BY_CHANNEL = "by_channel"
    """The channel keeps the goods, and counts them itself."""


class Limit(StrEnum):
    """What made the number smaller than the units that are free."""

    BUFFER = "buffer"
    MAXIMUM = "maximum"
    PAUSED = "paused"
    ARCHIVED = "archived"
    MOST = "most"


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one stored product."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One component of a bundle."""

    sku: str
    units: int
    """Of it in one bundle."""
    on_hand: int
    reserved: int
    available: int
    buffer: int
    makes: int
    """Bundles its free units, less its buffer, are enough for."""


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Everything there is of the product of an offer."""

    sku: str
    own: Units = Units()
    """Of a bundle: nothing, it is not stored itself."""
    components: tuple[Component, ...] = ()
    bundle: bool = False
    active: bool = True
    """False once the product is archived."""

    @property
    def available(self) -> int:
        """Units nobody has reserved; of a bundle, how many the scarcest component makes."""
        if self.bundle:
            return max(0, min((component.makes for component in self.components), default=0))
        return max(0, self.own.available)


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """How a number came about: stored with it, and shown on the "why" card."""

    quantity: int
    sku: str
    on_hand: int
    reserved: int
    available: int
    buffer: int
    maximum: int | None
    paused: bool
    archived: bool
    components: tuple[Component, ...] = ()
    limits: tuple[Limit, ...] = ()
    """What held units back, in the order in which it did."""
    mode: str
    """What the channel account was allowed to do; only ``live`` sends."""
    rule: int = RULE


def component(sku: str, units: int, stored: Units, buffer: int) -> Component:
    """Return a component with the bundles it makes; its own buffer is withheld from them, too."""
    return Component(
        sku=sku,
        units=units,
        on_hand=stored.on_hand,
        reserved=stored.reserved,
        available=stored.available,
        buffer=buffer,
        makes=max(0, stored.available - buffer) // units,
    )


def publishable(stock: Stock, *, buffer: int, maximum: int | None, paused: bool, mode: str) -> tuple[int, Derivation]:
    """Return what a channel may be told, and why.

    Never negative, and never more than there is.  The mode of the account does not change the number: an account that
    only imports shows what it would say.
    """
    limits: list[Limit] = []
    quantity = stock.available
    for limit, most in (
        (Limit.BUFFER, max(0, quantity - max(0, buffer))),
        (Limit.MAXIMUM, quantity if maximum is None else max(0, maximum)),
        (Limit.MOST, MOST),
        (Limit.ARCHIVED, quantity if stock.active else 0),
        (Limit.PAUSED, 0 if paused else quantity),
    ):
        if most < quantity:
            limits.append(limit)
            quantity = most
    return quantity, Derivation(
        quantity=quantity,
        sku=stock.sku,
        on_hand=stock.own.on_hand,
        reserved=stock.own.reserved,
        available=stock.available,
        buffer=buffer,
        maximum=maximum,
        paused=paused,
        archived=not stock.active,
        components=stock.components,
        limits=tuple(limits),
        mode=mode,
    )
