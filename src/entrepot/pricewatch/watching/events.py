"""What happens to watched prices.  Other slices may import this module."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class PriceObserved(Event, frozen=True, kw_only=True):
    """A listing says something else than before: another price, or another availability."""

    topic: ClassVar[str] = "pricewatch.price_observed"
    subject_kind: ClassVar[str] = "watched_product"

    watched_product_id: UUID
    listing_id: UUID
    product_id: UUID | None = None
    """The product of the catalogue that it is, if it is one."""
    store_id: UUID
    store: str
    title: str
    price: Decimal | None
    """The page's price for one piece as it is sold there; None if it names none, as it may while sold out."""
    unit_price: Decimal | None
    """With stated shipping, divided by the units in a pack: what is compared."""
    currency: str
    availability: str
    before_price: Decimal | None
    before_unit_price: Decimal | None
    before_currency: str
    before_availability: str
    first: bool = False
    """The first observation of the listing: nothing changed yet."""


class CheckFailed(Event, frozen=True, kw_only=True):
    """A listing brought nothing so often that a person should look."""

    topic: ClassVar[str] = "pricewatch.check_failed"
    subject_kind: ClassVar[str] = "watched_product"

    watched_product_id: UUID
    listing_id: UUID
    store_id: UUID
    store: str
    title: str
    reason: str
    """``failing``, ``undecided``, ``doubtful``, ``currency`` or ``gone``."""
    problem: str
    """What went wrong, in English."""


class CheckRecovered(Event, frozen=True, kw_only=True):
    """A listing that needed attention answers again."""

    topic: ClassVar[str] = "pricewatch.check_recovered"
    subject_kind: ClassVar[str] = "watched_product"

    watched_product_id: UUID
    listing_id: UUID
    store_id: UUID
    store: str
    title: str


class ProductWatched(Event, frozen=True, kw_only=True):
    """Something new is watched."""

    topic: ClassVar[str] = "pricewatch.product_watched"
    subject_kind: ClassVar[str] = "watched_product"

    title: str


class ProductChanged(Event, frozen=True, kw_only=True):
    """A person changed a watched product."""

    topic: ClassVar[str] = "pricewatch.product_changed"
    subject_kind: ClassVar[str] = "watched_product"

    title: str
    changes: dict[str, list[Any]]
    """Field -> [before, after]."""


class ProductUnwatched(Event, frozen=True, kw_only=True):
    """A watched product was removed, with its listings, its history and its alerts."""

    topic: ClassVar[str] = "pricewatch.product_unwatched"
    subject_kind: ClassVar[str] = "watched_product"

    title: str
    listings: int


class ListingAdded(Event, frozen=True, kw_only=True):
    """A page is watched."""

    topic: ClassVar[str] = "pricewatch.listing_added"
    subject_kind: ClassVar[str] = "watched_product"

    listing_id: UUID
    store: str
    url: str


class ListingChanged(Event, frozen=True, kw_only=True):
    """A person changed how a page is watched."""

    topic: ClassVar[str] = "pricewatch.listing_changed"
    subject_kind: ClassVar[str] = "watched_product"

    listing_id: UUID
    store: str
    changes: dict[str, list[Any]]


class ListingRemoved(Event, frozen=True, kw_only=True):
    """A page is watched no more; its history is gone."""

    topic: ClassVar[str] = "pricewatch.listing_removed"
    subject_kind: ClassVar[str] = "watched_product"

    listing_id: UUID
    store: str
    url: str


class StoreAdded(Event, frozen=True, kw_only=True):
    """A store is known."""

    topic: ClassVar[str] = "pricewatch.store_added"
    subject_kind: ClassVar[str] = "price_store"

    name: str
    made_by: str


class StoreChanged(Event, frozen=True, kw_only=True):
    """A person changed how a store is fetched or read.  Secrets are only called changed."""

    topic: ClassVar[str] = "pricewatch.store_changed"
    subject_kind: ClassVar[str] = "price_store"

    name: str
    changes: dict[str, list[Any]]


class StoreRemoved(Event, frozen=True, kw_only=True):
    """A store without listings was removed."""

    topic: ClassVar[str] = "pricewatch.store_removed"
    subject_kind: ClassVar[str] = "price_store"

    name: str
