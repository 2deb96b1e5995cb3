"""Tables of the catalogue.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Product(Base):
    """Something a seller sells or stores.

    Every reference between products names the seller, too, so that the database itself refuses one between two sellers.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("seller_id", "sku"),
        UniqueConstraint("seller_id", "id", name="uq_product_seller_id_id"),
        ForeignKeyConstraint(
            ["seller_id", "parent_id"], ["product.seller_id", "product.id"], name="fk_product_parent_id_product"
        ),
        CheckConstraint("kind IN ('simple', 'bundle', 'parent')", name="kind_known"),
        CheckConstraint("parent_id IS NULL OR kind = 'simple'", name="variant_is_simple"),
        CheckConstraint("sku <> ''", name="sku_not_empty"),
        CheckConstraint("buffer >= 0", name="buffer_not_negative"),
        CheckConstraint("weight_g > 0", name="weight_positive"),
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="dimensions_positive"),
        CheckConstraint("sales_price >= 0 AND purchase_price >= 0", name="prices_not_negative"),
        Index("ix_product_gtin_14", "seller_id", "gtin_14", postgresql_where=text("gtin IS NOT NULL")),
        Index("ix_product_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_product_updated_at", "seller_id", "updated_at", "id"),
        Index("ix_product_tags", "tags", postgresql_using="gin"),
        Index("ix_product_tagged", "id", postgresql_where=text("tags <> '[]'::jsonb")),
        Index(
            "ix_product_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    sku: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="simple")
    parent_id: Mapped[UUID | None]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Of a variant: what tells it from its siblings (``{"Colour": "red"}``)."""
    gtin: Mapped[str | None]
    gtin_14: Mapped[str | None] = mapped_column(Computed("lpad(gtin, 14, '0')", persisted=True))
    weight_g: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    purchase_price: Mapped[Decimal | None]
    purchase_currency: Mapped[str] = mapped_column(server_default="EUR")
    sales_price: Mapped[Decimal | None]
    sales_currency: Mapped[str] = mapped_column(server_default="EUR")
    vat_class: Mapped[str] = mapped_column(server_default="standard")
    image_url: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    """False once archived: kept for its history, not offered any more."""
    buffer: Mapped[int] = mapped_column(server_default=text("0"))
    """Units withheld from channels."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Counts changes; a change that names an old version is refused."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_text: Mapped[str] = mapped_column(
        Computed("lower(' ' || sku || ' ' || title || coalesce(' ' || gtin, ''))", persisted=True)
    )


class BundleComponent(Base):
    """Units of one product in one bundle."""

    __tablename__ = "bundle_component"
    __table_args__ = (
        PrimaryKeyConstraint("bundle_id", "component_id"),
        ForeignKeyConstraint(
            ["seller_id", "bundle_id"],
            ["product.seller_id", "product.id"],
            name="fk_bundle_component_bundle_id_product",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["seller_id", "component_id"],
            ["product.seller_id", "product.id"],
            name="fk_bundle_component_component_id_product",
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("bundle_id <> component_id", name="not_of_itself"),
        Index("ix_bundle_component_component_id", "component_id"),
    )

    bundle_id: Mapped[UUID]
    component_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    quantity: Mapped[int]


class ProductWord(Base):
    """A word of the titles of a seller's products: what a misspelt search term may have meant.

    Kept by a trigger; words are added and never taken away, since a word too many only costs a search without a result.
    """

    __tablename__ = "product_word"
    __table_args__ = (
        PrimaryKeyConstraint("seller_id", "word"),
        Index("ix_product_word_word", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    seller_id: Mapped[UUID]
    word: Mapped[str]
