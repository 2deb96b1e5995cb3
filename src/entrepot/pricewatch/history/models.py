"""Tables of the history.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class PriceStanding(Base):
    """How good the best price of a watched product is beside its last 90 days.

    Worked out when a price changes, and once a day.
    """

    __tablename__ = "price_standing"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_standing_watched_product",
            ondelete="CASCADE",
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_percent"),
        Index("ix_price_standing_score", "seller_id", text("score DESC"), postgresql_where=text("score IS NOT NULL")),
        Index("ix_price_standing_computed_at", "computed_at"),
    )

    watched_product_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    currency: Mapped[str]
    price: Mapped[Decimal | None]
    """None: nobody sells it now."""
    low: Mapped[Decimal]
    high: Mapped[Decimal]
    average: Mapped[Decimal]
    percentile: Mapped[int | None]
    trend: Mapped[str]
    score: Mapped[int | None]
    computed_at: Mapped[datetime]
