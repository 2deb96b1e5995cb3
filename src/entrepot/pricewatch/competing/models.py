"""Tables of competing offers.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text

DOCUMENT = JSONB(none_as_null=True)


class CompetingReading(Base):
    """The market of a GTIN on an account as it was read last."""

    __tablename__ = "competing_reading"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "gtin", "country"),
        ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competing_reading_account_id_channel_account",
            ondelete="CASCADE",
        ),
        CheckConstraint("gtin <> ''", name="gtin_not_empty"),
        Index("ix_competing_reading_seller_id", "seller_id", "gtin"),
    )

    account_id: Mapped[UUID]
    gtin: Mapped[str]
    country: Mapped[str]
    """What was asked for; empty: every country the channel sells in."""
    seller_id: Mapped[UUID]
    offers: Mapped[list[Any]] = mapped_column(DOCUMENT, server_default=text("'[]'::jsonb"))
    gone: Mapped[list[Any]] = mapped_column(DOCUMENT, server_default=text("'[]'::jsonb"))
    """Competitors who sold it lately and do not now."""
    read_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    """When it was last tried."""
    problem: Mapped[str] = mapped_column(server_default="")


class KnownCompetitor(Base):
    """Who somebody with a number of the channel's is, as the channel said last."""

    __tablename__ = "competitor"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "number"),
        ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competitor_account_id_channel_account",
            ondelete="CASCADE",
        ),
        CheckConstraint("rating BETWEEN 0 AND 10", name="rating_of_ten"),
        Index("ix_competitor_seller_id", "seller_id"),
    )

    account_id: Mapped[UUID]
    number: Mapped[str]
    seller_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(server_default="")
    """Empty: the channel knows nobody of this number."""
    rating: Mapped[Decimal | None]
    """From 0 to 10."""
    read_at: Mapped[datetime]


class CompetingOffers(Base):
    """What the market of a GTIN was from a moment on: written when it changed, never changed itself.

    Partitioned by month; whole months are dropped when nobody looks back so far any more.
    """

    __tablename__ = "competing_offers"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "gtin", "country", "observed_at"),
        ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competing_offers_account_id_channel_account",
            ondelete="CASCADE",
        ),
        Index("ix_competing_offers_seller_id", "seller_id", "gtin", "observed_at"),
        {"postgresql_partition_by": "RANGE (observed_at)"},
    )

    account_id: Mapped[UUID]
    gtin: Mapped[str]
    country: Mapped[str]
    observed_at: Mapped[datetime]
    seller_id: Mapped[UUID]
    offers: Mapped[list[Any]] = mapped_column(DOCUMENT)
