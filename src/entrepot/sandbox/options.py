"""What can be chosen about a world before it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ALL_AT_ONCE = float("inf")
"""The speed at which every order has been placed when the world starts."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in a window of so many seconds, per client and endpoint."""

    requests: int
    seconds: int


PUBLISHED_LIMITS: Mapping[str, RateLimit] = {
    "GET /retailer/orders": RateLimit(7, 180),
    "GET /retailer/orders/{order-id}": RateLimit(8, 60),
    "PUT /retailer/orders/cancellation": RateLimit(25, 60),
    "*": RateLimit(10, 1),
}
"""What bol.com's conventions page illustrates; hundreds of orders take an hour under them."""
EASY_LIMITS: Mapping[str, RateLimit] = {"*": RateLimit(500, 1)}
"""Present, so that clients see the headers, and rarely in the way."""
RATE_LIMITS: Mapping[str, Mapping[str, RateLimit]] = {"published": PUBLISHED_LIMITS, "easy": EASY_LIMITS, "off": {}}


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """A seller on the marketplace; orders of the data set go to it when their number divides by *every*."""

    client_id: str
    client_secret: str
    shop: str
    every: int = 1
    active: bool = True
    marketplace: str = "bol"
    """Whose protocol it speaks: ``bol`` or ``temu``, where id and secret are the app's."""
    token: str = ""
    """Temu's access token."""


DEFAULT_ACCOUNTS = (
    AccountOptions("sandbox-seller-1", "sandbox-secret-1", "Giftshop"),
    AccountOptions("sandbox-seller-2", "sandbox-secret-2", "Second seller", every=10),
    AccountOptions("sandbox-closed", "sandbox-secret-3", "Closed shop", every=0, active=False),
)

TEMU_ACCOUNTS = (
    AccountOptions(
        "sandbox-temu-app",
        "sandbox-temu-secret-1",
        "Temu shop",
        every=5,
        marketplace="temu",
        token="sandbox-temu-token-1",  # noqa: S106 -- of a simulated shop
    ),
    AccountOptions(
        "sandbox-temu-app-2",
        "sandbox-temu-secret-2",
        "Second Temu shop",
        every=0,
        marketplace="temu",
        token="sandbox-temu-token-2",  # noqa: S106 -- of a simulated shop
    ),
)
"""The second one sells nothing by itself: orders come to it by hand."""


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """Everything that decides how a world goes."""

    seed: int = 7
    speed: float = 30.0
    """Orders per minute and account; 0 places none, `ALL_AT_ONCE` all of them."""
    orders: int | None = None
    """At most so many of the data set's orders per account and round; None for all."""
    rounds: int = 1
    """How often the data set is replayed, with new buyers and order numbers each time."""
    cancellations: bool = True
    """Whether the data set's buyers cancel."""
    respect_stock: bool = False
    """Whether buyers are limited to the stock of the offers; otherwise what they buy beyond it is counted."""
    accounts: tuple[AccountOptions, ...] = DEFAULT_ACCOUNTS
    state: Path | None = None
    """A folder in which a restarted world finds itself again."""
    token_seconds: int = 299
    process_seconds: float = 2.0
    """How long the marketplace takes to process a shipment or a cancellation."""
    process_retention_seconds: float = 48 * 3600
    rate_limits: Mapping[str, RateLimit] = field(default_factory=lambda: EASY_LIMITS)
    omit_empty_arrays: bool = True
    """bol.com leaves out empty arrays in lists; its specification does not."""
    channel_share: float = 0.0
    """The part of all orders that the marketplace delivers from its own warehouse."""
    channel_ships_after_seconds: float = 60.0
    return_share: float = 0.0
    """The part of all shipped order items of which the buyer sends something back."""
    return_seconds: float = 60.0
    """How long after shipping a return is registered."""
    temu_pending_seconds: float = 0.0
    """How long the buyer of an order at Temu may simply take it back."""
    temu_withheld_one_in: int = 0
    """Of so many orders at Temu one has no address; 0 for none."""
    carrier_key: str = "sandbox-express-key"
    carrier_speed: float = 1440.0
    """How many times faster than real time parcels travel; 1440 makes a minute of a day."""
    market_pace: float = 1.0
    """How many times faster than the clock other sellers act and web shops change their prices."""
    shop_port: int = 0
    """The first of the web shops' ports; 0 when they have none of their own."""
    buyers_compare: bool = False
    """Whether buyers of the data set pay what offers ask now, and mostly buy where the buy box is."""
