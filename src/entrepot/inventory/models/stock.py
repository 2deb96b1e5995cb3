"""Places, stock, ledger, reservations and counts.

``stock_level`` and ``stock_total`` are derived: triggers of ``stock_move`` and ``reservation`` keep them in the same
statement, and the application's role may not write them.  Why: ``docs/adr/0004-stock-ledger.md``.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.inventory.domain import CountCause, CountStatus, LocationKind, MoveKind
from entrepot.kit.database import Base
from entrepot.kit.sql import text


def _one_of(column: str, values: type[LocationKind | MoveKind | CountStatus | CountCause]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class Warehouse(Base):
    """A building.  Without a seller it is the fulfiller's own, shared by all sellers of the instance."""

    __tablename__ = "warehouse"
    __table_args__ = (
        UniqueConstraint("seller_id", "code", postgresql_nulls_not_distinct=True),
        CheckConstraint("code <> ''", name="code_not_empty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    code: Mapped[str]
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="Europe/Amsterdam")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Location(Base):
    """A node of the storage tree of one warehouse."""

    __tablename__ = "location"
    __table_args__ = (
        UniqueConstraint("warehouse_id", "code"),
        Index("ix_location_path", "warehouse_id", "path", postgresql_ops={"path": "text_pattern_ops"}),
        Index("ix_location_barcode", "barcode"),
        Index("ix_location_parent_id", "parent_id"),
        CheckConstraint(_one_of("kind", LocationKind), name="kind_known"),
        CheckConstraint("code <> '' AND code !~ '/'", name="code_fit_for_a_path"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
        CheckConstraint("max_units > 0", name="max_units_positive"),
        CheckConstraint("id <> parent_id", name="not_in_itself"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    seller_id: Mapped[UUID | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    barcode: Mapped[str]
    """What its label says to a scanner; the code, unless the seller has labels already."""
    path: Mapped[str]
    """Codes from the root to here, joined by slashes."""
    walk_order: Mapped[int] = mapped_column(server_default=text("0"))
    """Place on the way a picker walks."""
    pickable: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether goods lying here may be promised to orders."""
    capacity: Mapped[int | None]
    """Of a box: its numbered slots."""
    position: Mapped[int | None]
    """Of a slot: its number in the box."""
    max_units: Mapped[int | None]
    """Units that fit; None: nobody said."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StockTotal(Base):
    """All units of one product, wherever they are.  Its row is the one lock of the product's stock."""

    __tablename__ = "stock_total"
    __table_args__ = (
        PrimaryKeyConstraint("seller_id", "product_id"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_total_product"
        ),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("reserved <= on_hand", name="not_oversold"),
        CheckConstraint("available >= 0", name="available_not_negative"),
        CheckConstraint("low >= 0", name="low_not_negative"),
        Index("ix_stock_total_product_id", "product_id"),
    )

    seller_id: Mapped[UUID]
    product_id: Mapped[UUID]
    on_hand: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    available: Mapped[int] = mapped_column(server_default=text("0"))
    """Units in pickable locations that nobody has reserved."""
    low: Mapped[int] = mapped_column(server_default=text("0"))
    """At this many available units or fewer the product counts as low."""


class StockLevel(Base):
    """Units of one product (of one lot) in one location: how many stand there, and how many of those are promised."""

    __tablename__ = "stock_level"
    __table_args__ = (
        PrimaryKeyConstraint("product_id", "location_id", "lot"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_level_product"
        ),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("reserved <= on_hand", name="not_oversold"),
        Index("ix_stock_level_location_id", "location_id"),
        Index("ix_stock_level_seller_id", "seller_id", "product_id"),
    )

    seller_id: Mapped[UUID]
    product_id: Mapped[UUID]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    lot: Mapped[str] = mapped_column(server_default="")
    on_hand: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))


class StockMove(Base):
    """One line of the ledger: units that came to a location or left it.  Never changed, never removed.

    It has no foreign keys of its own: the level that its trigger keeps has them, and levels are not removed.
    """

    __tablename__ = "stock_move"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint(_one_of("kind", MoveKind), name="kind_known"),
        Index("ix_stock_move_product_id", "product_id", "occurred_at", "id"),
        Index("ix_stock_move_location_id", "location_id", "occurred_at"),
        Index("ix_stock_move_seller_id", "seller_id", "occurred_at", "id"),
        Index("ix_stock_move_reference_id", "reference_id", postgresql_where=text("reference_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    product_id: Mapped[UUID]
    location_id: Mapped[UUID]
    lot: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[int]
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    transfer_id: Mapped[UUID | None]
    """Shared by the two lines of one way from place to place."""
    reference_kind: Mapped[str] = mapped_column(server_default="")
    reference_id: Mapped[UUID | None]
    """The order, count or delivery it was for."""
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    request_id: Mapped[str] = mapped_column(server_default="")
    occurred_at: Mapped[datetime] = mapped_column(server_default=text("statement_timestamp()"))
    """Of the statement, not of the transaction: taken under the product's lock, it orders the moves of a product."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("statement_timestamp()"))
    txid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"))


class Reservation(Base):
    """Units in one location promised to one order line, until they leave the building or are released."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("order_line_id", "product_id", "location_id", "lot", name="uq_reservation_order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_reservation_product_id", "product_id", "location_id"),
        Index("ix_reservation_location_id", "location_id"),
        Index("ix_reservation_order_id", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    product_id: Mapped[UUID]
    location_id: Mapped[UUID]
    lot: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[int]
    reserved_at: Mapped[datetime] = mapped_column(server_default=text("statement_timestamp()"))


class StockCount(Base):
    """A request to count what lies in one part of a warehouse, or some products there."""

    __tablename__ = "stock_count"
    __table_args__ = (
        CheckConstraint(_one_of("status", CountStatus), name="status_known"),
        CheckConstraint(_one_of("cause", CountCause), name="cause_known"),
        Index("ix_stock_count_seller_id", "seller_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="open")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_by: Mapped[str] = mapped_column(server_default="")
    closed_at: Mapped[datetime | None]
    cause: Mapped[str] = mapped_column(server_default="request")
    recount: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a line that differs must be counted twice before it can be approved."""
    assigned_to: Mapped[UUID | None]
    assigned_name: Mapped[str] = mapped_column(server_default="")
    stocktake_id: Mapped[UUID | None]
    """Shared by the counts of one stocktake, one per zone."""


class StockCountLine(Base):
    """One product in one place, to be counted without being told how many there should be."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "product_id", "location_id", "lot", name="uq_stock_count_line_count_id"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_count_line_product"
        ),
        CheckConstraint("counted >= 0", name="counted_not_negative"),
        CheckConstraint("(counted IS NULL) = (expected IS NULL)", name="compared_when_counted"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    count_id: Mapped[UUID] = mapped_column(ForeignKey("stock_count.id"))
    product_id: Mapped[UUID]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    lot: Mapped[str] = mapped_column(server_default="")
    expected: Mapped[int | None]
    """On hand at the moment of counting: what happens between counting and approval changes no difference."""
    counted: Mapped[int | None]
    counted_by: Mapped[str] = mapped_column(server_default="")
    counted_at: Mapped[datetime | None]
    first_counted: Mapped[int | None]
    """What was found before it was counted again."""
    first_counted_by: Mapped[str] = mapped_column(server_default="")
    rounds: Mapped[int] = mapped_column(server_default=text("0"))
    """How often it was counted."""
    unit_value: Mapped[Decimal | None]
    """What one unit had cost when the count was approved."""
    currency: Mapped[str] = mapped_column(server_default="")
