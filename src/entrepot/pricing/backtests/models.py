"""Tables of backtests.  Only the pricing slice reads or writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Backtest(Base):
    """What was tried, and what came of it."""

    __tablename__ = "pricing_backtest"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state_known"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_result"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        Index("ix_pricing_backtest_seller_id", "seller_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    name: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting")
    offers: Mapped[int] = mapped_column(server_default=text("0"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    result: Mapped[dict[str, Any] | None]
    problem: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class BacktestOffer(Base):
    """One offer's part of a backtest: totals, and its path for the chart."""

    __tablename__ = "pricing_backtest_offer"
    __table_args__ = (
        PrimaryKeyConstraint("backtest_id", "offer_id"),
        ForeignKeyConstraint(
            ["backtest_id"],
            ["pricing_backtest.id"],
            name="fk_pricing_backtest_offer_backtest_id",
            ondelete="CASCADE",
        ),
    )

    backtest_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    sku: Mapped[str]
    title: Mapped[str]
    currency: Mapped[str]
    result: Mapped[dict[str, Any]]
