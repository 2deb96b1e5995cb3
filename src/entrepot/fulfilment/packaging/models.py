"""Tables of the packing stations: rules of a site, kinds of boxes, weighings, papers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class PackingSetting(Base):
    """How a site weighs, consolidates and prints."""

    __tablename__ = "packing_setting"
    __table_args__ = (
        UniqueConstraint("seller_id", "warehouse_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("tolerance_percent BETWEEN 0 AND 100", name="percent_sane"),
        CheckConstraint("tolerance_g BETWEEN 0 AND 100000", name="grams_sane"),
        CheckConstraint("consolidates IN ('', 'address', 'customer')", name="rule_known"),
        CheckConstraint("wait_minutes BETWEEN 1 AND 10080", name="wait_sane"),
        CheckConstraint("address_labels BETWEEN 0 AND 20", name="labels_sane"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID | None]
    """None: every building without a row of its own."""
    weighs: Mapped[bool] = mapped_column(server_default=text("false"))
    tolerance_percent: Mapped[int] = mapped_column(server_default=text("5"))
    tolerance_g: Mapped[int] = mapped_column(server_default=text("50"))
    consolidates: Mapped[str] = mapped_column(server_default="")
    wait_minutes: Mapped[int] = mapped_column(server_default=text("60"))
    address_labels: Mapped[int] = mapped_column(server_default=text("0"))


class BoxKind(Base):
    """A kind of box that the site has."""

    __tablename__ = "box_kind"
    __table_args__ = (
        UniqueConstraint("seller_id", "code"),
        UniqueConstraint("seller_id", "id", name="uq_box_kind_seller_id_id"),
        CheckConstraint("code <> '' AND name <> ''", name="named"),
        CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="dimensions_positive"),
        CheckConstraint("own_weight_g >= 0 AND max_weight_g > 0", name="weights_sane"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    code: Mapped[str]
    """The barcode on the stack, in capitals."""
    name: Mapped[str]
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    own_weight_g: Mapped[int]
    max_weight_g: Mapped[int | None]
    """Of box and goods together; None: nobody said."""
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Weighing(Base):
    """A parcel on the scales.  Added, never changed."""

    __tablename__ = "weighing"
    __table_args__ = (
        CheckConstraint("outcome IN ('fits', 'differs', 'unknown')", name="outcome_known"),
        CheckConstraint("outcome <> 'differs' OR reason <> ''", name="difference_explained"),
        Index("ix_weighing_order_id", "order_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    parcel_id: Mapped[UUID]
    expected_g: Mapped[int | None]
    """None: a product has no weight, so nobody knows."""
    measured_g: Mapped[int]
    allowed_g: Mapped[int | None]
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class PaperPrint(Base):
    """A paper of an order that somebody printed.  Added, never changed."""

    __tablename__ = "paper_print"
    __table_args__ = (
        CheckConstraint("what IN ('slip', 'labels', 'invoice')", name="what_known"),
        CheckConstraint("copies BETWEEN 1 AND 20", name="copies_sane"),
        Index("ix_paper_print_order_id", "order_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    what: Mapped[str]
    copies: Mapped[int]
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
