"""Tables of ERP accounts, their joins, their stock and what was handed over to them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    desc,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base


class ErpAccount(Base):
    """One set of credentials of one ERP."""

    __tablename__ = "erp_account"
    __table_args__ = (
        UniqueConstraint("seller_id", "name"),
        UniqueConstraint("id", "seller_id"),
        CheckConstraint("health IN ('healthy', 'failing', 'rejected')", name="health"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    erp: Mapped[str]
    name: Mapped[str]
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed."""
    known_as: Mapped[str]
    active: Mapped[bool]
    health: Mapped[str]
    last_error: Mapped[str]
    last_error_code: Mapped[str]
    last_error_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]]
    """Checks and warehouses, as the last try found them."""
    warehouses: Mapped[list[str]]
    """Keys of those whose stock counts; none: all."""
    checked_at: Mapped[datetime | None]
    stock_read_at: Mapped[datetime | None]
    connected_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ErpJoinRow(Base):
    """One channel account's ERP.  The foreign keys prove that both belong to one seller."""

    __tablename__ = "erp_join"
    __table_args__ = (
        ForeignKeyConstraint(
            ["channel_account_id", "seller_id"],
            ["channel_account.id", "channel_account.seller_id"],
            name="fk_erp_join_channel_account",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["erp_account_id", "seller_id"],
            ["erp_account.id", "erp_account.seller_id"],
            name="fk_erp_join_erp_account",
            ondelete="CASCADE",
        ),
        Index("ix_erp_join_erp_account_id", "erp_account_id"),
    )

    channel_account_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    erp_account_id: Mapped[UUID]
    hand_over: Mapped[bool]
    take_stock: Mapped[bool]
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ErpStockRow(Base):
    """What the ERP last said about one article in one warehouse."""

    __tablename__ = "erp_stock"
    __table_args__ = (CheckConstraint("available >= 0", name="available"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("erp_account.id", ondelete="CASCADE"), primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    warehouse: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    on_hand: Mapped[Decimal]
    buffer: Mapped[int]
    available: Mapped[int]
    read_at: Mapped[datetime]
    """When it was last seen; older than the account's last full reading: gone meanwhile."""


class ErpHandOver(Base):
    """One order that was handed over, or tried to be."""

    __tablename__ = "erp_hand_over"
    __table_args__ = (
        UniqueConstraint("account_id", "reference"),
        CheckConstraint("state IN ('accepted', 'present', 'refused')", name="state"),
        Index("ix_erp_hand_over_account_id_last_tried_at", "account_id", desc("last_tried_at")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("erp_account.id", ondelete="CASCADE"))
    reference: Mapped[str]
    channel: Mapped[str]
    channel_order_id: Mapped[str]
    state: Mapped[str]
    way: Mapped[str]
    problem: Mapped[str]
    attempts: Mapped[int]
    handed_over_at: Mapped[datetime | None]
    last_tried_at: Mapped[datetime]
