"""Tables of the watch slice.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text

AVAILABILITIES = "('in_stock', 'pre_order', 'back_order', 'out_of_stock', 'discontinued', 'unknown')"


class PriceStore(Base):
    """A web shop whose prices are watched, and how its pages are fetched and read."""

    __tablename__ = "price_store"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_price_store_seller_id_id"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("currency ~ '^([A-Z]{3})?$'", name="currency_code"),
        CheckConstraint("fetch_mode IN ('http', 'browser', 'service')", name="fetch_mode_known"),
        CheckConstraint("made_by IN ('hand', 'address', 'import')", name="made_by_known"),
        CheckConstraint("interval_ms >= 0 AND concurrency > 0", name="limits_sane"),
        CheckConstraint("check_minutes > 0", name="check_minutes_positive"),
        CheckConstraint("largest_jump > 0", name="largest_jump_positive"),
        Index("ix_price_store_seller_id_name", "seller_id", "name", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    name: Mapped[str]
    locale: Mapped[str] = mapped_column(server_default="")
    """How its pages write numbers (``de_DE``); empty: as each page says."""
    currency: Mapped[str] = mapped_column(server_default="")
    """What its prices are in, where a page does not say; empty: unknown."""
    recipe: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """:class:`entrepot.pricewatch.extracting.contract.Recipe`."""
    fetch_mode: Mapped[str] = mapped_column(server_default="http")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Cookies and headers that its pages want, encrypted."""
    interval_ms: Mapped[int] = mapped_column(server_default=text("1000"))
    """Between two requests to one of its hosts."""
    concurrency: Mapped[int] = mapped_column(server_default=text("1"))
    """Requests to one of its hosts at the same moment."""
    check_minutes: Mapped[int] = mapped_column(server_default=text("240"))
    """Between two checks of a listing that says nothing else."""
    largest_jump: Mapped[int] = mapped_column(server_default=text("40"))
    """Percent; a price that moved further is stored once a second fetch has found it, too."""
    made_by: Mapped[str] = mapped_column(server_default="hand")
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StoreDomain(Base):
    """A host that belongs to a store; one host belongs to one store of a seller."""

    __tablename__ = "price_store_domain"
    __table_args__ = (
        PrimaryKeyConstraint("seller_id", "domain"),
        ForeignKeyConstraint(
            ["seller_id", "store_id"],
            ["price_store.seller_id", "price_store.id"],
            name="fk_price_store_domain_store",
            ondelete="CASCADE",
        ),
        CheckConstraint("domain <> '' AND domain = lower(domain)", name="domain_lower"),
        Index("ix_price_store_domain_store_id", "store_id"),
    )

    seller_id: Mapped[UUID]
    domain: Mapped[str]
    store_id: Mapped[UUID]


class WatchGroup(Base):
    """Watched products that are looked at together."""

    __tablename__ = "watch_group"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_watch_group_seller_id_id"),
        UniqueConstraint("seller_id", "name"),
        CheckConstraint("name <> ''", name="name_not_empty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WatchedProduct(Base):
    """Something whose prices are watched in one or more stores."""

    __tablename__ = "watched_product"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_watched_product_seller_id_id"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_watched_product_product"
        ),
        ForeignKeyConstraint(
            ["seller_id", "group_id"], ["watch_group.seller_id", "watch_group.id"], name="fk_watched_product_group"
        ),
        CheckConstraint("title <> ''", name="title_not_empty"),
        Index(
            "ix_watched_product_product_id", "seller_id", "product_id", postgresql_where=text("product_id IS NOT NULL")
        ),
        Index("ix_watched_product_group_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
        Index("ix_watched_product_tags", "tags", postgresql_using="gin"),
        Index(
            "ix_watched_product_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    title: Mapped[str]
    named: Mapped[bool] = mapped_column(server_default=text("false"))
    """A person chose the title; else the first page that is read does."""
    image_url: Mapped[str] = mapped_column(server_default="")
    gtin: Mapped[str] = mapped_column(server_default="")
    product_id: Mapped[UUID | None]
    """The product of our own catalogue that it is, if it is one."""
    group_id: Mapped[UUID | None]
    tags: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    note: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_text: Mapped[str] = mapped_column(Computed("lower(title || ' ' || gtin || ' ' || note)", persisted=True))


class Favourite(Base):
    """A watched product that one user keeps at hand."""

    __tablename__ = "watched_favourite"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "watched_product_id"),
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_watched_favourite_watched_product",
            ondelete="CASCADE",
        ),
        Index("ix_watched_favourite_watched_product_id", "watched_product_id"),
    )

    user_id: Mapped[UUID]
    watched_product_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceListing(Base):
    """One page of a store that sells a watched product, what it said last, and when it is asked again."""

    __tablename__ = "price_listing"
    __table_args__ = (
        UniqueConstraint("seller_id", "id", name="uq_price_listing_seller_id_id"),
        UniqueConstraint("seller_id", "url"),
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_listing_watched_product",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["seller_id", "store_id"], ["price_store.seller_id", "price_store.id"], name="fk_price_listing_store"
        ),
        CheckConstraint("url ~ '^https?://'", name="url_is_web"),
        CheckConstraint("pack > 0", name="pack_positive"),
        CheckConstraint("check_minutes > 0", name="check_minutes_positive"),
        CheckConstraint("price > 0 AND shipping >= 0 AND unit_price > 0", name="prices_positive"),
        CheckConstraint("(price IS NULL) OR (currency <> '')", name="price_has_currency"),
        CheckConstraint(f"availability IN {AVAILABILITIES}", name="availability_known"),
        CheckConstraint(
            "attention IN ('', 'failing', 'undecided', 'doubtful', 'currency', 'gone')", name="attention_known"
        ),
        Index("ix_price_listing_watched_product_id", "watched_product_id"),
        Index("ix_price_listing_store_id", "store_id"),
        Index(
            "ix_price_listing_due",
            "next_check_at",
            postgresql_where=text("NOT paused AND discontinued_at IS NULL"),
        ),
        Index("ix_price_listing_attention", "seller_id", "attention_at", postgresql_where=text("attention <> ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    watched_product_id: Mapped[UUID]
    store_id: Mapped[UUID]
    url: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    """As the page says, like *sku*, *gtin* and *image_url*."""
    sku: Mapped[str] = mapped_column(server_default="")
    gtin: Mapped[str] = mapped_column(server_default="")
    image_url: Mapped[str] = mapped_column(server_default="")
    pack: Mapped[int] = mapped_column(server_default=text("1"))
    """Units that one piece here holds: its price is divided by it before it is compared."""
    pins: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(none_as_null=True), server_default=text("'[]'::jsonb"))
    """What a person fixed for this page alone: selectors tried before the store's, or a value."""
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    discontinued_at: Mapped[datetime | None]
    """When the page had been gone so often that it is asked no more."""
    check_minutes: Mapped[int | None]
    """None: as the store says."""
    window: Mapped[dict[str, Any] | None]
    """Weekdays and hours in which it is checked; None: always."""
    etag: Mapped[str] = mapped_column(server_default="")
    last_modified: Mapped[str] = mapped_column(server_default="")

    next_check_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    """Until then a run is checking it, and no other may."""
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Checks in a row that brought nothing."""
    gone_count: Mapped[int] = mapped_column(server_default=text("0"))
    attention: Mapped[str] = mapped_column(server_default="")
    """Why a person should look at it; empty: nobody need."""
    attention_at: Mapped[datetime | None]
    doubt: Mapped[dict[str, Any] | None]
    """An answer that waits for a second fetch to say the same."""

    price: Mapped[Decimal | None]
    """The last one known, also while the goods are not to be had."""
    currency: Mapped[str] = mapped_column(server_default="")
    availability: Mapped[str] = mapped_column(server_default="unknown")
    shipping: Mapped[Decimal | None]
    unit_price: Mapped[Decimal | None]
    price_where: Mapped[str] = mapped_column(server_default="")
    """Where on the page the price came from."""
    before_price: Mapped[Decimal | None]
    """Before its last change."""
    changed_at: Mapped[datetime | None]
    observed_at: Mapped[datetime | None]
    """When the last observation was written."""
    checked_at: Mapped[datetime | None]
    """When the page was last read with success."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceObservation(Base):
    """What a listing cost at one moment: written when something changed, and once a day.

    Partitioned by month.  The partitions live in a schema of their own that the application's role cannot reach, so that
    nobody goes around the row-level security of the table as a whole.
    """

    __tablename__ = "price_observation"
    __table_args__ = (
        PrimaryKeyConstraint("listing_id", "observed_at", "id"),
        ForeignKeyConstraint(
            ["seller_id", "listing_id"],
            ["price_listing.seller_id", "price_listing.id"],
            name="fk_price_observation_listing",
            ondelete="CASCADE",
        ),
        CheckConstraint("price > 0 AND shipping >= 0 AND unit_price > 0", name="prices_positive"),
        CheckConstraint("(price IS NULL) OR (currency <> '')", name="price_has_currency"),
        CheckConstraint(f"availability IN {AVAILABILITIES}", name="availability_known"),
        CheckConstraint("reason IN ('changed', 'daily')", name="reason_known"),
        Index(
            # Everything a chart and row-level security read of an observation: neither visits the table.
            "ix_price_observation_chart",
            "listing_id",
            text("observed_at DESC"),
            postgresql_include=["seller_id", "price", "currency", "availability", "shipping", "unit_price"],
        ),
        {"postgresql_partition_by": "RANGE (observed_at)"},
    )

    id: Mapped[UUID]
    seller_id: Mapped[UUID]
    listing_id: Mapped[UUID]
    observed_at: Mapped[datetime]
    price: Mapped[Decimal | None]
    """None: the page named none, because the goods are not to be had."""
    currency: Mapped[str] = mapped_column(server_default="")
    availability: Mapped[str]
    shipping: Mapped[Decimal | None]
    unit_price: Mapped[Decimal | None]
    """The price with stated shipping, divided by the units of a pack."""
    reason: Mapped[str]
    snapshot_id: Mapped[UUID | None]
