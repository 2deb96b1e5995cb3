"""What happens to the prices of offers.  Other slices may import this module."""

from decimal import Decimal
from typing import Any, ClassVar

from entrepot.kit.outbox import Event


class PriceWanted(Event, frozen=True, kw_only=True):
    """An offer should cost something else than was decided before; *price* None: nobody here decides it any more."""

    topic: ClassVar[str] = "offers.price_wanted"
    subject_kind: ClassVar[str] = "offer"

    price: Decimal | None
    before: Decimal | None
    currency: str
    source: str


class PricePublished(Event, frozen=True, kw_only=True):
    """A channel accepted our price."""

    topic: ClassVar[str] = "offers.price_published"
    subject_kind: ClassVar[str] = "offer"

    price: Decimal
    before: Decimal | None
    currency: str
    source: str


class PriceRefused(Event, frozen=True, kw_only=True):
    """A channel did not accept our price."""

    topic: ClassVar[str] = "offers.price_refused"
    subject_kind: ClassVar[str] = "offer"

    price: Decimal
    currency: str
    problem: str


class PriceDrifted(Event, frozen=True, kw_only=True):
    """A channel shows another price than we told it: it is told again."""

    topic: ClassVar[str] = "offers.price_drifted"
    subject_kind: ClassVar[str] = "offer"

    published: Decimal
    found: Decimal
    currency: str


class PriceLocked(Event, frozen=True, kw_only=True):
    """A person set the price, or (*price* None) let go of it."""

    topic: ClassVar[str] = "offers.price_locked"
    subject_kind: ClassVar[str] = "offer"

    price: Decimal | None
    before: Decimal | None
    currency: str
    reason: str


class PricesHeld(Event, frozen=True, kw_only=True):
    """No price is sent any more, for a seller or one account; *held* False: they are sent again."""

    topic: ClassVar[str] = "offers.prices_held"
    subject_kind: ClassVar[str] = "seller"

    held: bool
    account_id: str
    reason: str


class PriceListChanged(Event, frozen=True, kw_only=True):
    """A price list was made, changed or removed."""

    topic: ClassVar[str] = "offers.price_list_changed"
    subject_kind: ClassVar[str] = "price_list"

    name: str
    what: str
    """``created``, ``changed``, ``entries`` or ``removed``."""
    changes: dict[str, list[Any]]


class PriceScheduled(Event, frozen=True, kw_only=True):
    """A price was planned for an offer, began, ended or was called off: *what*."""

    topic: ClassVar[str] = "offers.price_scheduled"
    subject_kind: ClassVar[str] = "offer"

    what: str
    price: Decimal
    currency: str
    starts_at: str
    ends_at: str


class PricesEdited(Event, frozen=True, kw_only=True):
    """Many prices were changed by a person at once, or (*undone*) put back."""

    topic: ClassVar[str] = "offers.prices_edited"
    subject_kind: ClassVar[str] = "price_edit"

    count: int
    undone: bool
