"""Tables of carriage.  Only the floor reads or writes them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class CarrierRule(Base):
    """Which carrier carries what."""

    __tablename__ = "carrier_rule"
    __table_args__ = (Index("ix_carrier_rule_seller_id", "seller_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    countries: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    least_g: Mapped[int | None]
    most_g: Mapped[int | None]
    least_value: Mapped[Decimal | None]
    most_value: Mapped[Decimal | None]
    channel_account_id: Mapped[UUID | None]
    least_days: Mapped[int | None]
    most_days: Mapped[int | None]
    carrier_account_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_account.id"))
    service: Mapped[str]


class CarrierChoice(Base):
    """Why a parcel goes with its carrier, as it was when it was chosen."""

    __tablename__ = "carrier_choice"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), primary_key=True)
    seller_id: Mapped[UUID]
    rule_id: Mapped[UUID | None]
    """None: somebody chose, or there was no choice."""
    message: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ParcelProblem(Base):
    """Something about a parcel on its way that a person should look at."""

    __tablename__ = "parcel_problem"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('exception', 'failed_attempt', 'returned', 'cancelled', 'no_movement', 'label')",
            name="kind_known",
        ),
        UniqueConstraint("shipment_id", "kind", "since"),
        Index("ix_parcel_problem_open", "seller_id", "since", postgresql_where=text("cleared_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    kind: Mapped[str]
    since: Mapped[datetime]
    text: Mapped[str]
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[str] = mapped_column(server_default="")
    """A person; empty: a good event cleared it."""
    cleared_reason: Mapped[str] = mapped_column(server_default="")


class Manifest(Base):
    """What was handed to a carrier at the end of a day."""

    __tablename__ = "manifest"
    __table_args__ = (Index("ix_manifest_carrier_account_id", "carrier_account_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    carrier_account_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_account.id"))
    carrier_name: Mapped[str]
    day: Mapped[date]
    number: Mapped[str]
    """The carrier's."""
    parcels: Mapped[int]
    refused: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    document_ids: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ManifestParcel(Base):
    """A shipment on a manifest; on one only."""

    __tablename__ = "manifest_parcel"
    __table_args__ = (Index("ix_manifest_parcel_manifest_id", "manifest_id"),)

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), primary_key=True)
    seller_id: Mapped[UUID]
    manifest_id: Mapped[UUID] = mapped_column(ForeignKey("manifest.id"))
