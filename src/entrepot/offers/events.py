"""What happens to offers.  Other slices may import this module."""

from typing import Any, ClassVar

from entrepot.kit.outbox import Event


class OffersRead(Event, frozen=True, kw_only=True):
    """The offers of an account were read from the channel."""

    topic: ClassVar[str] = "offers.offers_read"
    subject_kind: ClassVar[str] = "channel_account"

    count: int
    new: int
    unmatched: int
    drifted: int = 0


class OfferLinked(Event, frozen=True, kw_only=True):
    """We know which product an offer is; *how*: ``sku``, ``gtin``, ``mapping`` or ``hand``."""

    topic: ClassVar[str] = "offers.offer_linked"
    subject_kind: ClassVar[str] = "offer"

    sku: str
    how: str


class OfferChanged(Event, frozen=True, kw_only=True):
    """A person set its maximum, paused it or let it go on."""

    topic: ClassVar[str] = "offers.offer_changed"
    subject_kind: ClassVar[str] = "offer"

    changes: dict[str, list[Any]]
    """Field -> [before, after]."""


class OfferPublished(Event, frozen=True, kw_only=True):
    """A channel accepted our number."""

    topic: ClassVar[str] = "offers.offer_published"
    subject_kind: ClassVar[str] = "offer"

    quantity: int
    before: int | None
    derivation: dict[str, Any]


class OfferRefused(Event, frozen=True, kw_only=True):
    """A channel did not accept our number."""

    topic: ClassVar[str] = "offers.offer_refused"
    subject_kind: ClassVar[str] = "offer"

    quantity: int
    problem: str


class OfferDrifted(Event, frozen=True, kw_only=True):
    """A channel says another number than we told it: it is told again."""

    topic: ClassVar[str] = "offers.offer_drifted"
    subject_kind: ClassVar[str] = "offer"

    published: int
    found: int


class OfferIgnored(Event, frozen=True, kw_only=True):
    """A person said that an offer needs no product, or that it does."""

    topic: ClassVar[str] = "offers.offer_ignored"
    subject_kind: ClassVar[str] = "offer"

    ignored: bool


class OfferGone(Event, frozen=True, kw_only=True):
    """A complete reading of the channel did not find the offer any more."""

    topic: ClassVar[str] = "offers.offer_gone"
    subject_kind: ClassVar[str] = "offer"


class AccountRulesChanged(Event, frozen=True, kw_only=True):
    """A person set what holds for every offer of a channel account."""

    topic: ClassVar[str] = "offers.account_rules_changed"
    subject_kind: ClassVar[str] = "channel_account"

    name: str
    changes: dict[str, list[Any]]
    """Field -> [before, after]."""
