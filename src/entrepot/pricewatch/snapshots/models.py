"""Tables of snapshots.  Only this slice reads or writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


def _listing(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["seller_id", "listing_id"],
        ["price_listing.seller_id", "price_listing.id"],
        name=f"fk_{table}_listing",
        ondelete="CASCADE",
    )


def _store(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["seller_id", "store_id"],
        ["price_store.seller_id", "price_store.id"],
        name=f"fk_{table}_store",
        ondelete="CASCADE",
    )


class PriceSnapshot(Base):
    """A page that is kept; its content, compressed, is in object storage.

    A trigger notes the keys of removed ones, however they were removed, so that a job can remove the content.
    """

    __tablename__ = "price_snapshot"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_price_snapshot_seller_id_id"),
        _listing("price_snapshot"),
        _store("price_snapshot"),
        CheckConstraint("bytes >= 0 AND stored_bytes >= 0", name="sizes_not_negative"),
        Index("ix_price_snapshot_listing_id", "listing_id", text("fetched_at DESC")),
        Index("ix_price_snapshot_store_id", "store_id", text("fetched_at DESC")),
        Index("ix_price_snapshot_fetched_at", "fetched_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    store_id: Mapped[UUID]
    listing_id: Mapped[UUID | None]
    url: Mapped[str]
    fetched_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When the page last said the same."""
    status: Mapped[int | None]
    content_type: Mapped[str]
    answer_sha256: Mapped[str]
    """Of what it says."""
    good: Mapped[bool]
    """What it says was believed."""
    bytes: Mapped[int]
    """Before compression."""
    stored_bytes: Mapped[int]
    storage_key: Mapped[str]


class PriceFetch(Base):
    """What one fetch brought: kept for a while, also when its page is not."""

    __tablename__ = "price_fetch"
    __table_args__ = (
        _listing("price_fetch"),
        _store("price_fetch"),
        CheckConstraint("mode IN ('http', 'browser', 'service')", name="mode_known"),
        Index("ix_price_fetch_listing_id", "listing_id", text("at DESC")),
        Index("ix_price_fetch_store_id", "store_id", text("at DESC")),
        Index("ix_price_fetch_at", "at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    store_id: Mapped[UUID]
    listing_id: Mapped[UUID | None]
    url: Mapped[str]
    at: Mapped[datetime]
    mode: Mapped[str]
    status: Mapped[int | None]
    took_ms: Mapped[int]
    size: Mapped[int]
    content_type: Mapped[str]
    call_id: Mapped[UUID | None]
    """The recorded call, as long as that is kept."""
    problem: Mapped[dict[str, Any] | None]
    """The sentence that says why it brought nothing, as a template with its facts."""
    answers: Mapped[dict[str, Any]]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(none_as_null=True))
    """Where each value was found, by which strategy."""
    good: Mapped[bool]
    snapshot_id: Mapped[UUID | None]
    """A page that says the same, as long as that is kept."""


class PriceCase(Base):
    """A kept page whose right answers are known: a changed selector must give them."""

    __tablename__ = "price_case"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "snapshot_id"],
            ["price_snapshot.seller_id", "price_snapshot.id"],
            name="fk_price_case_snapshot",
            ondelete="CASCADE",
        ),
        _store("price_case"),
        UniqueConstraint("snapshot_id", name="uq_price_case_snapshot_id"),
        Index("ix_price_case_store_id", "store_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    store_id: Mapped[UUID]
    snapshot_id: Mapped[UUID]
    truth: Mapped[dict[str, Any]]
    wrong: Mapped[dict[str, Any]]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class StorageWaste(Base):
    """Content in object storage that no row leads to any more.  Belongs to nobody: its row, and perhaps its seller, is gone."""

    __tablename__ = "storage_waste"

    storage_key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
