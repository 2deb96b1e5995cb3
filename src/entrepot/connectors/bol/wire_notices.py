"""bol's words about subscriptions and what they bring."""

from datetime import datetime

from entrepot.connectors.bol.wire import Wire


class Subscription(Wire, frozen=True):
    """What bol sends where."""

    id: str
    url: str = ""
    subscription_type: str = ""
    enabled: bool = True
    resources: tuple[str, ...] = ()


class Subscriptions(Wire, frozen=True):
    """``GET /retailer/subscriptions``."""

    subscriptions: tuple[Subscription, ...] = ()


class SignatureKey(Wire, frozen=True):
    """A public key that bol signs with."""

    id: str
    public_key: str
    type: str = "RSA"


class KeySet(Wire, frozen=True):
    """``GET /retailer/subscriptions/signature-keys``; kept as it is to verify deliveries with."""

    signature_keys: tuple[SignatureKey, ...] = ()


class NoticeEvent(Wire, frozen=True):
    """What happened to what."""

    resource: str
    resource_id: str = ""
    type: str = ""


class Delivery(Wire, frozen=True):
    """The body of a delivery."""

    event: NoticeEvent
    timestamp: datetime | None = None
    retailer_id: int | str = ""
