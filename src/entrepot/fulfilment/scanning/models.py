"""Sessions of devices, what was scanned on them, and what could not be applied."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class ScanSession(Base):
    """One person's work on one pick list with one device.  A list's later session has the higher version."""

    __tablename__ = "scan_session"
    __table_args__ = (
        UniqueConstraint("pick_list_id", "version"),
        Index("ix_scan_session_seller_id", "seller_id", "last_seen_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    pick_list_id: Mapped[UUID] = mapped_column(ForeignKey("pick_list.id"))
    version: Mapped[int]
    device_id: Mapped[str]
    """The device made it up; it keeps it as long as it keeps anything."""
    device_name: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    skew_ms: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Our clock minus the device's, when it last spoke."""
    last_sequence: Mapped[int] = mapped_column(server_default=text("0"))
    closed_at: Mapped[datetime | None]


class DeviceScan(Base):
    """One act on a device.  Never changed, never removed; its client id makes a repeat harmless."""

    __tablename__ = "device_scan"
    __table_args__ = (
        CheckConstraint("kind IN ('place', 'pick', 'short', 'undo', 'finish', 'wrong')", name="kind_known"),
        CheckConstraint("outcome IN ('applied', 'noted', 'conflict')", name="outcome_known"),
        CheckConstraint("sequence > 0 AND quantity >= 0", name="numbers_sane"),
        UniqueConstraint("seller_id", "client_id"),
        Index("ix_device_scan_session_id_sequence", "session_id", "sequence"),
        Index("ix_device_scan_seller_id_received_at", "seller_id", "received_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("scan_session.id"))
    client_id: Mapped[str]
    sequence: Mapped[int]
    """Counts the acts of a session: their order, whatever the device's clock says."""
    kind: Mapped[str]
    pick_line_id: Mapped[UUID | None]
    code: Mapped[str] = mapped_column(server_default="")
    location: Mapped[str] = mapped_column(server_default="")
    lot: Mapped[str] = mapped_column(server_default="")
    tote: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[int] = mapped_column(server_default=text("0"))
    reason: Mapped[str] = mapped_column(server_default="")
    undoes: Mapped[str] = mapped_column(server_default="")
    """Client id of the act that this one takes back."""
    device_at: Mapped[datetime]
    """As the device's clock said."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    skew_ms: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str]
    message: Mapped[str] = mapped_column(server_default="")
    """English template of what was answered."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    actor_id: Mapped[str]
    actor_name: Mapped[str]


class ScanConflict(Base):
    """An act that could not be applied, until a supervisor decides."""

    __tablename__ = "scan_conflict"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'applied', 'discarded')", name="state_known"),
        CheckConstraint(
            "(state = 'open') = (resolved_at IS NULL) AND (state = 'open' OR (reason <> '' AND resolved_by <> ''))",
            name="decided_by_somebody",
        ),
        Index("ix_scan_conflict_open", "seller_id", "found_at", postgresql_where=text("state = 'open'")),
        Index("ix_scan_conflict_pick_list_id", "pick_list_id"),
    )

    scan_id: Mapped[UUID] = mapped_column(ForeignKey("device_scan.id"), primary_key=True)
    seller_id: Mapped[UUID]
    pick_list_id: Mapped[UUID] = mapped_column(ForeignKey("pick_list.id"))
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(server_default="open")
    resolved_by: Mapped[str] = mapped_column(server_default="")
    resolved_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
