"""Groups of orders that leave together."""

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


class Consolidation(Base):
    """Orders for one address that wait for each other, until they are complete or time is up."""

    __tablename__ = "consolidation"
    __table_args__ = (
        UniqueConstraint("seller_id", "number"),
        UniqueConstraint("seller_id", "id", name="uq_consolidation_seller_id_id"),
        CheckConstraint("rule IN ('hand', 'address', 'customer')", name="rule_known"),
        CheckConstraint("state IN ('open', 'let_go', 'over')", name="state_known"),
        Index("ix_consolidation_open", "seller_id", "address_key", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    number: Mapped[str]
    rule: Mapped[str]
    address_key: Mapped[str]
    ship_name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    until: Mapped[datetime]
    """Then it goes on with what is there."""
    reason: Mapped[str] = mapped_column(server_default="")
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ConsolidationOrder(Base):
    """An order of a group; the key makes sure that both belong to one seller, and an order to one group at a time."""

    __tablename__ = "consolidation_order"
    __table_args__ = (
        PrimaryKeyConstraint("consolidation_id", "order_id"),
        ForeignKeyConstraint(
            ["seller_id", "consolidation_id"],
            ["consolidation.seller_id", "consolidation.id"],
            name="fk_consolidation_order_consolidation",
        ),
        Index("uq_consolidation_order_current", "order_id", unique=True, postgresql_where=text("current")),
    )

    consolidation_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    current: Mapped[bool] = mapped_column(server_default=text("true"))
