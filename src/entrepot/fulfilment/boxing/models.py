"""Trays and boxes, what lies in them, and who did what with them."""

from datetime import datetime
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

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Container(Base):
    """A tray, which is used again and again, or one box.  It is in the hands of one order at a time."""

    __tablename__ = "container"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_container_seller_id_id"),
        ForeignKeyConstraint(
            ["seller_id", "box_kind_id"], ["box_kind.seller_id", "box_kind.id"], name="fk_container_box_kind"
        ),
        CheckConstraint("kind IN ('tray', 'box')", name="kind_known"),
        CheckConstraint("state IN ('free', 'open', 'sealed', 'gone')", name="state_known"),
        CheckConstraint("(state = 'free') = (order_id IS NULL)", name="in_use_by_an_order"),
        CheckConstraint("(state = 'sealed') = (parcel_id IS NOT NULL)", name="sealed_is_a_parcel"),
        CheckConstraint("kind = 'box' OR state IN ('free', 'open')", name="trays_stay"),
        CheckConstraint("code <> ''", name="code_given"),
        Index("uq_container_code", "seller_id", "code", unique=True, postgresql_where=text("state <> 'gone'")),
        Index("uq_container_parcel", "parcel_id", unique=True, postgresql_where=text("parcel_id IS NOT NULL")),
        Index("ix_container_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    code: Mapped[str]
    """In capitals."""
    kind: Mapped[str]
    box_kind_id: Mapped[UUID | None]
    state: Mapped[str]
    order_id: Mapped[UUID | None]
    order_number: Mapped[str] = mapped_column(server_default="")
    parcel_id: Mapped[UUID | None]
    weight_g: Mapped[int | None]
    """As it was weighed when it was sealed."""
    used_by: Mapped[str] = mapped_column(server_default="")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ContainerLine(Base):
    """Units of one order line in a container."""

    __tablename__ = "container_line"
    __table_args__ = (
        PrimaryKeyConstraint("container_id", "order_line_id"),
        ForeignKeyConstraint(
            ["seller_id", "container_id"],
            ["container.seller_id", "container.id"],
            name="fk_container_line_container",
            ondelete="CASCADE",
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_container_line_order_id", "order_id"),
    )

    container_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    sku: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]


class ContainerAct(Base):
    """What somebody did with a container.  Added, never changed."""

    __tablename__ = "container_act"
    __table_args__ = (
        CheckConstraint("what <> 'reopened' OR reason <> ''", name="reopening_explained"),
        Index("ix_container_act_order_id", "order_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    container_id: Mapped[UUID]
    code: Mapped[str]
    what: Mapped[str]
    """``begun``, ``put``, ``taken``, ``sealed``, ``reopened`` or ``freed``."""
    sku: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[int] = mapped_column(server_default=text("0"))
    reason: Mapped[str] = mapped_column(server_default="")
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
