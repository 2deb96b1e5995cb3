"""Reports of days, and who is sent them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base


class DailyReport(Base):
    """One day of one building, for one seller."""

    __tablename__ = "daily_report"
    __table_args__ = (UniqueConstraint("seller_id", "warehouse_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    day: Mapped[date]
    """By the building's own midnight."""
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As they were when the report was made: a :class:`~entrepot.insights.reports.figures.Figures`."""
    document_id: Mapped[UUID | None]
    made_by: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When those who subscribed were sent the whole day."""


class ReportSubscription(Base):
    """Somebody who wants the report of a building by mail."""

    __tablename__ = "report_subscription"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "warehouse_id", "user_id"),)

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    user_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
