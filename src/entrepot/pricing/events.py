"""What happens to pricing.  Other slices may import this module."""

from typing import Any, ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class GroupChanged(Event, frozen=True, kw_only=True):
    """A price group was made, changed, switched, paused or removed."""

    topic: ClassVar[str] = "pricing.group_changed"
    subject_kind: ClassVar[str] = "pricing_group"

    name: str
    changes: dict[str, list[Any]]
    """Field -> [before, after]."""


class RuleChanged(Event, frozen=True, kw_only=True):
    """A rule has a new version, another place, or was switched."""

    topic: ClassVar[str] = "pricing.rule_changed"
    subject_kind: ClassVar[str] = "pricing_rule"

    group_id: UUID
    name: str
    version: int
    what: str
    """``made``, ``changed``, ``moved``, ``switched_on``, ``switched_off``, ``removed``."""


class CostsChanged(Event, frozen=True, kw_only=True):
    """What goods cost, or must bring, was changed; no products: a default of the seller or of an account."""

    topic: ClassVar[str] = "pricing.costs_changed"
    subject_kind: ClassVar[str] = "seller"

    product_ids: list[UUID]


class PricesDecided(Event, frozen=True, kw_only=True):
    """A run decided about prices of one account."""

    topic: ClassVar[str] = "pricing.prices_decided"
    subject_kind: ClassVar[str] = "channel_account"

    trigger: str
    outcomes: dict[str, int]


class Frozen(Event, frozen=True, kw_only=True):
    """The governor stopped all price changes of an account, a seller, or the instance."""

    topic: ClassVar[str] = "pricing.frozen"
    subject_kind: ClassVar[str] = "pricing_freeze"

    scope: str
    account_id: UUID | None
    cause: str
    facts: dict[str, Any]


class Resumed(Event, frozen=True, kw_only=True):
    """A person let prices move again."""

    topic: ClassVar[str] = "pricing.resumed"
    subject_kind: ClassVar[str] = "pricing_freeze"

    scope: str
    account_id: UUID | None


class LimitsChanged(Event, frozen=True, kw_only=True):
    """A person set what the governor allows."""

    topic: ClassVar[str] = "pricing.limits_changed"
    subject_kind: ClassVar[str] = "pricing_limits"

    changes: dict[str, list[Any]]


class ApprovalRequested(Event, frozen=True, kw_only=True):
    """A price change is too large for one person."""

    topic: ClassVar[str] = "pricing.approval_requested"
    subject_kind: ClassVar[str] = "offer"

    approval_id: UUID
    price_before: str
    price_after: str
    currency: str


class ApprovalAnswered(Event, frozen=True, kw_only=True):
    """A second person agreed to a price change, or did not."""

    topic: ClassVar[str] = "pricing.approval_answered"
    subject_kind: ClassVar[str] = "offer"

    approval_id: UUID
    approved: bool
