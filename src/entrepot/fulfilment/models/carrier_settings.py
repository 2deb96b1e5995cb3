"""What is known and wanted of carrier accounts beside their credentials."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class CarrierSettings(Base):
    """What is known and wanted of one carrier account beside its credentials."""

    __tablename__ = "carrier_settings"
    __table_args__ = (CheckConstraint("quiet_days BETWEEN 1 AND 60", name="quiet_days_sane"),)

    carrier_account_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_account.id"), primary_key=True)
    seller_id: Mapped[UUID]
    services: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    """As the carrier last listed them for this account."""
    quiet_days: Mapped[int] = mapped_column(server_default=text("5"))
    """Days without news after which a parcel is a problem."""
