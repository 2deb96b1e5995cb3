"""Tables of invoices.  Only this package reads or writes them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base, BigInt
from entrepot.kit.sql import text


class InvoiceSource(Base):
    """A program that sends invoices."""

    __tablename__ = "invoice_source"
    __table_args__ = (
        UniqueConstraint("seller_id", "key"),
        UniqueConstraint("folder"),
        CheckConstraint("key ~ '^[a-z0-9][a-z0-9-]{0,39}$'", name="key_plain"),
        CheckConstraint("folder IS NULL OR folder ~ '^[a-z0-9][a-z0-9_-]{0,59}$'", name="folder_plain"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    key: Mapped[str]
    """What programs call it, in addresses of the API."""
    name: Mapped[str]
    order_prefix: Mapped[str] = mapped_column(server_default="")
    """Stands before the invoice's number in the order's, where two programs count alike."""
    currency: Mapped[str] = mapped_column(server_default="EUR")
    """Of invoices that name none."""
    country: Mapped[str] = mapped_column(server_default="")
    """Of addresses that name none."""
    warehouse_id: Mapped[UUID | None]
    """Where its orders are shipped from; None: wherever there is stock."""
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Column of an import -> heading in this program's files."""
    folder: Mapped[str | None]
    """Name of its folder below ``exchange`` in the data folder; no two sources share one."""
    folder_watched: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Invoice(Base):
    """One invoice or credit note as its program numbers it, and what became of it."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("source_id", "number"),
        CheckConstraint("kind IN ('invoice', 'credit')", name="kind_known"),
        CheckConstraint("state IN ('taken', 'attention', 'cancelled', 'dismissed')", name="state_known"),
        CheckConstraint("state <> 'taken' OR order_id IS NOT NULL", name="taken_as_order"),
        Index("ix_invoice_seller_id_received", "seller_id", "received_at", "id"),
        Index("ix_invoice_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index(
            "ix_invoice_attention",
            "seller_id",
            "received_at",
            "id",
            postgresql_where=text("state = 'attention'"),
        ),
        Index(
            "ix_invoice_series",
            "source_id",
            "prefix",
            "serial",
            postgresql_include=["width", "received_at"],
            postgresql_where=text("serial IS NOT NULL"),
        ),
        Index("ix_invoice_credits", "source_id", "credits", postgresql_where=text("credits <> ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("invoice_source.id"))
    number: Mapped[str]
    prefix: Mapped[str]
    """What stands before the count within the number."""
    serial: Mapped[int | None] = mapped_column(BigInt)
    """The count at the end of the number; None: there is none."""
    width: Mapped[int]
    """Digits of the count, zeros in front included."""
    kind: Mapped[str] = mapped_column(server_default="invoice")
    state: Mapped[str] = mapped_column(server_default="attention")
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("sales_order.id"))
    credits: Mapped[str] = mapped_column(server_default="")
    """Of a credit note: the number of the invoice it takes back."""
    taken_back: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Of a credit note: product -> the units that it took, so that it takes them once."""
    fingerprint: Mapped[str] = mapped_column(server_default="")
    """Of what was read: the same again changes nothing."""
    raw: Mapped[dict[str, Any]]
    """As it came, so that it can be corrected and taken again."""
    problems: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Why a person has to look: field, sentence and facts of each."""
    unknown: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Codes of lines that no product has; when one gets a product, the invoice is taken again."""
    invoiced_on: Mapped[date | None]
    salesman: Mapped[str] = mapped_column(server_default="")
    customer_number: Mapped[str] = mapped_column(server_default="")
    customer_name: Mapped[str] = mapped_column(server_default="")
    area: Mapped[str] = mapped_column(server_default="")
    route: Mapped[str] = mapped_column(server_default="")
    remarks: Mapped[str] = mapped_column(server_default="")
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    origin: Mapped[str]
    """``api``, ``file`` or ``folder``."""
    import_id: Mapped[UUID | None]
    """The file that had it last: rows that come again in it do not stand with the others."""
    note: Mapped[str] = mapped_column(server_default="")
    """Why it was cancelled or dismissed, by whom."""
    version: Mapped[int] = mapped_column(server_default=text("0"))
    """How often something new came under this number."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InvoiceWish(Base):
    """What an invoice says about the goods of one order line, beyond which and how many: shown to the picker."""

    __tablename__ = "invoice_wish"
    __table_args__ = (PrimaryKeyConstraint("order_id", "position"),)

    order_id: Mapped[UUID]
    position: Mapped[int]
    seller_id: Mapped[UUID]
    code: Mapped[str]
    barcode: Mapped[str]
    packing: Mapped[str]
    shelf: Mapped[str]
    lot: Mapped[str]
    expires_on: Mapped[date | None]


class InvoiceCode(Base):
    """What a program's code of a product means here."""

    __tablename__ = "invoice_code"
    __table_args__ = (PrimaryKeyConstraint("source_id", "code"),)

    source_id: Mapped[UUID] = mapped_column(ForeignKey("invoice_source.id"))
    code: Mapped[str]
    seller_id: Mapped[UUID]
    product_id: Mapped[UUID | None]
    """None: no goods (freight, a deposit); such lines are left out."""
    decided_by: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InvoiceSeries(Base):
    """What somebody said about a series of numbers; one that nobody said anything about begins where it was first seen."""

    __tablename__ = "invoice_series"
    __table_args__ = (PrimaryKeyConstraint("source_id", "prefix"),)

    source_id: Mapped[UUID] = mapped_column(ForeignKey("invoice_source.id"))
    prefix: Mapped[str]
    seller_id: Mapped[UUID]
    first: Mapped[int | None] = mapped_column(BigInt)
    """Where it begins."""
    watched: Mapped[bool] = mapped_column(server_default=text("true"))


class InvoiceVoid(Base):
    """A number that no invoice will ever have."""

    __tablename__ = "invoice_void"
    __table_args__ = (
        PrimaryKeyConstraint("source_id", "prefix", "serial"),
        ForeignKeyConstraint(["source_id"], ["invoice_source.id"]),
        CheckConstraint("reason <> ''", name="reason_given"),
    )

    source_id: Mapped[UUID]
    prefix: Mapped[str]
    serial: Mapped[int] = mapped_column(BigInt)
    seller_id: Mapped[UUID]
    reason: Mapped[str]
    voided_by: Mapped[str]
    voided_at: Mapped[datetime] = mapped_column(server_default=func.now())
