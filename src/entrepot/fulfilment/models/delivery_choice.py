"""How orders are to leave, where somebody said so.  Apart from delivery, because labels need it, too."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base


class DeliveryChoice(Base):
    """How one order is to leave, where somebody said so, and to which pick-up point."""

    __tablename__ = "delivery_choice"
    __table_args__ = (
        CheckConstraint("how IN ('carrier', 'counter', 'driver')", name="how_known"),
        CheckConstraint(
            "(point IS NULL) = (carrier_account_id IS NULL) AND (point IS NULL OR how = 'carrier')",
            name="point_of_a_carrier",
        ),
        Index("ix_delivery_choice_seller_id", "seller_id", "how"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    seller_id: Mapped[UUID]
    how: Mapped[str]
    area: Mapped[str] = mapped_column(server_default="")
    carrier_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("carrier_account.id"))
    point: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    chosen_by: Mapped[str] = mapped_column(server_default="")
    chosen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reminded_at: Mapped[datetime | None]
