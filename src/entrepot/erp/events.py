"""What happens to ERP accounts and to what is handed over to them."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class ErpConnected(Event, frozen=True, kw_only=True):
    """A new account can be used."""

    topic: ClassVar[str] = "erp.account_connected"
    subject_kind: ClassVar[str] = "erp_account"

    erp: str
    name: str


class ErpChanged(Event, frozen=True, kw_only=True):
    """Name, credentials or warehouses were changed."""

    topic: ClassVar[str] = "erp.account_changed"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    credentials_changed: bool = False
    warehouses: tuple[str, ...] = ()


class ErpSwitched(Event, frozen=True, kw_only=True):
    """The account was paused or switched on."""

    topic: ClassVar[str] = "erp.account_switched"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    active: bool


class ErpHealthChanged(Event, frozen=True, kw_only=True):
    """Talking to the ERP began to fail, or works again."""

    topic: ClassVar[str] = "erp.account_health_changed"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    before: str
    after: str
    reason: str


class ErpJoined(Event, frozen=True, kw_only=True):
    """Orders or stock of a channel account go through an ERP account from now on."""

    topic: ClassVar[str] = "erp.joined"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    channel_account_id: str
    hand_over: bool
    take_stock: bool


class ErpSeparated(Event, frozen=True, kw_only=True):
    """A channel account goes without its ERP account from now on."""

    topic: ClassVar[str] = "erp.separated"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    channel_account_id: str


class StockRead(Event, frozen=True, kw_only=True):
    """The ERP told its stock."""

    topic: ClassVar[str] = "erp.stock_read"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    rows: int
    changed: int


class OrdersHandedOver(Event, frozen=True, kw_only=True):
    """Orders reached the ERP, or were refused by it."""

    topic: ClassVar[str] = "erp.orders_handed_over"
    subject_kind: ClassVar[str] = "erp_account"

    name: str
    accepted: int
    refused: int
