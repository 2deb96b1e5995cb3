"""What other slices know of an ERP account, of its joins and of what was handed over to it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entrepot.erp.contract import ErpCheck, ErpWarehouse, HandOverState
from entrepot.erp.errors import ErpPausedError


class ErpHealth(StrEnum):
    """How talking to the ERP went last."""

    HEALTHY = "healthy"
    FAILING = "failing"
    """It is tried again by itself."""
    REJECTED = "rejected"
    """The ERP refuses the credentials: nothing is tried until they are entered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpAccountRef:
    """An ERP account, without its secrets."""

    id: UUID
    seller_id: UUID
    erp: str
    """Key of its connector."""
    name: str
    known_as: str
    """What the ERP calls itself."""
    active: bool
    health: ErpHealth
    last_error: str = ""
    last_error_code: str = ""
    last_error_at: datetime | None = None
    last_success_at: datetime | None = None
    known_warehouses: tuple[ErpWarehouse, ...] = ()
    """What there was when the account was last tried."""
    warehouses: tuple[str, ...] = ()
    """Keys of those whose stock counts; none: all of them."""
    checks: tuple[ErpCheck, ...] = ()
    """What was looked at when the account was last tried."""
    checked_at: datetime | None = None
    stock_read_at: datetime | None = None
    connected_at: datetime

    @property
    def usable(self) -> bool:
        """May be talked to now."""
        return self.active and self.health is not ErpHealth.REJECTED

    def require(self) -> None:
        """Refuse unless :attr:`usable`.

        Raises:
            ErpPausedError: it is paused or its credentials were rejected.
        """
        if not self.usable:
            raise ErpPausedError(name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpJoin:
    """What goes between a channel account and an ERP account."""

    channel_account_id: UUID
    seller_id: UUID
    erp_account_id: UUID
    erp_name: str
    hand_over: bool
    """Its orders go to the ERP, and the tracking comes from there."""
    take_stock: bool
    """Its offers show the ERP's stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverRecord:
    """What is known of one order that was handed over."""

    id: UUID
    account_id: UUID
    seller_id: UUID
    reference: str
    channel: str
    channel_order_id: str
    state: HandOverState
    way: str
    """How it went: ``insert``, ``file``."""
    problem: str
    attempts: int
    handed_over_at: datetime | None
    """When the ERP got it; None while it was only refused."""
    last_tried_at: datetime
