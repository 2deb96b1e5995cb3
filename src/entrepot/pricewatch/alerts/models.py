"""Tables of alerts.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text

KINDS = "('target', 'percent', 'amount', 'any', 'back_in_stock', 'out_of_stock', 'lowest', 'failing')"


class PriceAlert(Base):
    """What one user wants to be told, of one listing, one product, one group, or everything that is watched."""

    __tablename__ = "price_alert"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_alert_watched_product",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["seller_id", "listing_id"],
            ["price_listing.seller_id", "price_listing.id"],
            name="fk_price_alert_listing",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["seller_id", "group_id"],
            ["watch_group.seller_id", "watch_group.id"],
            name="fk_price_alert_group",
            ondelete="CASCADE",
        ),
        CheckConstraint("num_nonnulls(watched_product_id, listing_id, group_id) <= 1", name="one_scope"),
        CheckConstraint(f"kind IN {KINDS}", name="kind_known"),
        CheckConstraint("direction IN ('down', 'up', 'either')", name="direction_known"),
        CheckConstraint("basis IN ('best', 'each')", name="basis_known"),
        CheckConstraint("kind NOT IN ('target', 'percent', 'amount') OR threshold > 0", name="threshold_positive"),
        CheckConstraint("kind NOT IN ('target', 'amount') OR currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("kind <> 'lowest' OR days > 0", name="days_positive"),
        Index("ix_price_alert_seller_id", "seller_id", postgresql_where=text("enabled")),
        Index("ix_price_alert_user_id", "user_id", "id"),
        Index("ix_price_alert_watched_product_id", "watched_product_id"),
        Index("ix_price_alert_listing_id", "listing_id"),
        Index("ix_price_alert_group_id", "group_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    user_id: Mapped[UUID]
    watched_product_id: Mapped[UUID | None]
    listing_id: Mapped[UUID | None]
    group_id: Mapped[UUID | None]
    kind: Mapped[str]
    direction: Mapped[str] = mapped_column(server_default="down")
    basis: Mapped[str] = mapped_column(server_default="best")
    threshold: Mapped[Decimal] = mapped_column(server_default=text("0"))
    currency: Mapped[str] = mapped_column(server_default="")
    days: Mapped[int] = mapped_column(server_default=text("0"))
    again: Mapped[Decimal | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    fired_at: Mapped[datetime | None]
    fired_count: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class PriceAlertState(Base):
    """What an alert remembers of one listing, or of one product as a whole."""

    __tablename__ = "price_alert_state"
    __table_args__ = (
        PrimaryKeyConstraint("alert_id", "subject_id"),
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_alert_state_watched_product",
            ondelete="CASCADE",
        ),
        Index("ix_price_alert_state_watched_product_id", "watched_product_id"),
    )

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("price_alert.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID]
    """The listing, or the product where the best of its listings counts."""
    seller_id: Mapped[UUID]
    watched_product_id: Mapped[UUID]
    state: Mapped[dict[str, Any]]
    """:class:`entrepot.pricewatch.alerts.domain.State`."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
