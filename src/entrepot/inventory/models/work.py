"""Lots, pick faces and what is planned with the goods in a warehouse."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.inventory.domain import LotEventKind
from entrepot.kit.database import Base
from entrepot.kit.sql import text

_LOT_EVENTS = f"kind IN ({', '.join(repr(str(kind)) for kind in LotEventKind)})"


class Lot(Base):
    """One batch of a product.  A lot nobody wrote down is sellable and never expires."""

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("seller_id", "product_id", "code"),
        ForeignKeyConstraint(["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_lot_product"),
        CheckConstraint("code <> ''", name="code_not_empty"),
        CheckConstraint("status IN ('ok', 'quarantined')", name="status_known"),
        CheckConstraint("NOT (sellable AND status = 'quarantined')", name="not_sold_from_quarantine"),
        Index("ix_lot_product_id", "product_id", "code"),
        Index("ix_lot_expires_on", "seller_id", "expires_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    product_id: Mapped[UUID]
    code: Mapped[str]
    expires_on: Mapped[date | None]
    """The last day on which it may be sold."""
    status: Mapped[str] = mapped_column(server_default="ok")
    reason: Mapped[str] = mapped_column(server_default="")
    """Of the last change of its status."""
    note: Mapped[str] = mapped_column(server_default="")
    sellable: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether its goods count as available; a trigger keeps the products' numbers when this changes."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LotEvent(Base):
    """What became of a lot, and why.  Never changed, never removed."""

    __tablename__ = "lot_event"
    __table_args__ = (CheckConstraint(_LOT_EVENTS, name="kind_known"), Index("ix_lot_event_lot_id", "lot_id", "id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[str] = mapped_column(server_default="")
    actor_name: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PickFace(Base):
    """A place that is to hold between so many and so many units of a product, so that pickers find it there."""

    __tablename__ = "pick_face"
    __table_args__ = (
        UniqueConstraint("product_id", "location_id"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_pick_face_product"
        ),
        CheckConstraint("minimum > 0 AND maximum >= minimum", name="minimum_below_maximum"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    product_id: Mapped[UUID]
    location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    minimum: Mapped[int]
    maximum: Mapped[int]


class Replenishment(Base):
    """Units to bring from one place to a pick face."""

    __tablename__ = "replenishment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_replenishment_product"
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("status IN ('open', 'done')", name="status_known"),
        CheckConstraint("from_location_id <> to_location_id", name="goes_somewhere"),
        Index("ix_replenishment_warehouse_id", "seller_id", "warehouse_id", "status"),
        Index(
            "uq_replenishment_open",
            "product_id",
            "from_location_id",
            "to_location_id",
            "lot",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    product_id: Mapped[UUID]
    lot: Mapped[str] = mapped_column(server_default="")
    from_location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    to_location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    quantity: Mapped[int]
    moved: Mapped[int | None]
    """What was really brought."""
    status: Mapped[str] = mapped_column(server_default="open")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_by: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[datetime | None]


class Reorganisation(Base):
    """A plan to put closer together what is ordered together, executed swap by swap."""

    __tablename__ = "reorganisation"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'done', 'stopped')", name="status_known"),
        CheckConstraint('"after" <= "before"', name="never_worse"),
        Index("ix_reorganisation_seller_id", "seller_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("location.id"))
    """The part of the warehouse; None: all of it."""
    days: Mapped[int]
    """How far back the orders go that it was made of."""
    orders: Mapped[int]
    before: Mapped[Decimal]
    """Places passed per order, as it was when the plan was made."""
    after: Mapped[Decimal]
    status: Mapped[str] = mapped_column(server_default="open")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReorganisationSwap(Base):
    """What lies in two places changes places."""

    __tablename__ = "reorganisation_swap"
    __table_args__ = (
        UniqueConstraint("reorganisation_id", "position"),
        CheckConstraint("status IN ('open', 'done', 'skipped')", name="status_known"),
        CheckConstraint("first_location_id <> second_location_id", name="two_places"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    reorganisation_id: Mapped[UUID] = mapped_column(ForeignKey("reorganisation.id"))
    position: Mapped[int]
    first_location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    second_location_id: Mapped[UUID] = mapped_column(ForeignKey("location.id"))
    first_products: Mapped[list[str]]
    """What the plan expects in the first place when this swap's turn comes."""
    second_products: Mapped[list[str]]
    cost: Mapped[Decimal]
    """Places passed per order once this swap is done."""
    status: Mapped[str] = mapped_column(server_default="open")
    done_by: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[datetime | None]
