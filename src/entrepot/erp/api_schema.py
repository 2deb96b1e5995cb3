"""The documents of the API of ERP accounts."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.erp.accounts import ErpAccountRef, ErpJoin
from entrepot.erp.contract import ErpCheck, ErpWarehouse

type Name = Annotated[str, Meta(min_length=1, max_length=80)]


class ErpCredentialField(msgspec.Struct):
    """One field of an ERP's credentials."""

    name: str
    title: str
    description: str
    required: bool
    secret: bool
    advanced: bool
    choices: list[str]
    """What it may be; empty: any text."""


class Erp(msgspec.Struct):
    """An ERP that accounts can be connected of."""

    key: str
    name: str
    website: str
    capabilities: list[str]
    credentials: list[ErpCredentialField]


class Erps(msgspec.Struct):
    """Every ERP."""

    items: list[Erp]
    next: str | None = None


class ErpAccount(msgspec.Struct):
    """An ERP account, without its credentials."""

    id: UUID
    seller_id: UUID
    erp: str
    name: str
    known_as: str
    active: bool
    health: str
    last_error: str
    last_error_code: str
    last_error_at: datetime | None
    last_success_at: datetime | None
    known_warehouses: tuple[ErpWarehouse, ...]
    warehouses: tuple[str, ...]
    """Keys of those whose stock counts; none: all."""
    checks: tuple[ErpCheck, ...]
    checked_at: datetime | None
    stock_read_at: datetime | None
    connected_at: datetime

    @classmethod
    def of(cls, account: ErpAccountRef) -> "ErpAccount":
        return cls(**{name: getattr(account, name) for name in cls.__struct_fields__})


class ErpAccounts(msgspec.Struct):
    """Accounts, by name."""

    items: list[ErpAccount]
    next: str | None


class ConnectErpAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What is needed to connect an account."""

    erp: str
    name: Name
    credentials: dict[str, str]
    seller_id: UUID | None = None


class ChangeErpAccount(msgspec.Struct, forbid_unknown_fields=True):
    """What may be changed of an account; what is left out stays.  Secrets left out of *credentials* stay too."""

    name: Name | UnsetType = UNSET
    warehouses: list[str] | UnsetType = UNSET
    credentials: dict[str, str] | UnsetType = UNSET


class SwitchErpAccount(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the account may be used."""

    active: bool


class ErpTestResult(msgspec.Struct):
    """Everything needed is there."""

    known_as: str
    checks: list[ErpCheck]
    warehouses: list[ErpWarehouse]


class ErpStockItem(msgspec.Struct):
    """What the ERP last said about one article in one warehouse."""

    sku: str
    warehouse: str
    on_hand: Decimal
    buffer: int
    available: int
    counts: bool
    """The warehouse is one of those whose stock counts."""
    read_at: datetime


class ErpStockItems(msgspec.Struct):
    """Stock, by SKU and warehouse."""

    items: list[ErpStockItem]
    next: str | None


class ErpHandOver(msgspec.Struct):
    """An order that was handed over, or refused."""

    id: UUID
    account_id: UUID
    reference: str
    channel: str
    channel_order_id: str
    state: str
    way: str
    problem: str
    attempts: int
    handed_over_at: datetime | None
    last_tried_at: datetime


class ErpHandOvers(msgspec.Struct):
    """Hand-overs, the newest first."""

    items: list[ErpHandOver]
    next: str | None


class JoinErp(msgspec.Struct, forbid_unknown_fields=True):
    """What is to go between a channel account and an ERP account."""

    erp_account_id: UUID
    hand_over: bool = True
    take_stock: bool = True


class ErpJoinItem(msgspec.Struct):
    """What goes between a channel account and an ERP account."""

    channel_account_id: UUID
    erp_account_id: UUID
    erp_name: str
    hand_over: bool
    take_stock: bool

    @classmethod
    def of(cls, join: ErpJoin) -> "ErpJoinItem":
        return cls(**{name: getattr(join, name) for name in cls.__struct_fields__})


class ErpJoins(msgspec.Struct):
    """Joins."""

    items: list[ErpJoinItem]
    next: str | None = None
