"""Tables of printing.  Only this slice reads or writes them.

A workstation without a seller is the fulfiller's own and serves every seller of the instance, as its warehouse does;
what is printed there always belongs to one seller.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Workstation(Base):
    """A place with a screen and printers."""

    __tablename__ = "workstation"
    __table_args__ = (
        UniqueConstraint("seller_id", "name", postgresql_nulls_not_distinct=True),
        CheckConstraint("name <> ''", name="name_not_empty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    warehouse_id: Mapped[UUID | None]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Printer(Base):
    """A printer at a workstation.  One that stands between two is listed at both."""

    __tablename__ = "printer"
    __table_args__ = (
        UniqueConstraint("workstation_id", "name"),
        CheckConstraint("kind IN ('sheets', 'labels', 'zpl')", name="kind_known"),
        CheckConstraint("connection IN ('network', 'queue')", name="connection_known"),
        CheckConstraint("name <> '' AND address <> ''", name="reachable"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    workstation_id: Mapped[UUID] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"))
    name: Mapped[str]
    kind: Mapped[str]
    connection: Mapped[str]
    address: Mapped[str]
    dpi: Mapped[int]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    """What lies in it; None: anything."""


class PrintRoute(Base):
    """Which printer of a workstation prints what."""

    __tablename__ = "print_route"

    workstation_id: Mapped[UUID] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id", ondelete="CASCADE"))


class PrintRule(Base):
    """What is printed by itself when something happens."""

    __tablename__ = "print_rule"
    __table_args__ = (
        UniqueConstraint("seller_id", "topic", "purpose", "workstation_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("copies BETWEEN 1 AND 200", name="copies_sane"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    topic: Mapped[str]
    purpose: Mapped[str]
    workstation_id: Mapped[UUID | None] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"))
    """None: where whoever did it stands."""
    copies: Mapped[int]


class WorkstationPlace(Base):
    """At which workstation somebody was last."""

    __tablename__ = "workstation_place"

    actor_id: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"), primary_key=True)
    workstation_id: Mapped[UUID] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"))
    at: Mapped[datetime]


class PrintAgent(Base):
    """A running agent, as it showed itself last."""

    __tablename__ = "print_agent"
    __table_args__ = (UniqueConstraint("workstation_id", "name", "seller_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    """Whose jobs it may take; None: everyone's."""
    workstation_id: Mapped[UUID] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"))
    name: Mapped[str]
    seen_at: Mapped[datetime]


class PrintDocument(Base):
    """What is printed: rendered for it and kept here, or a document that is in storage anyway."""

    __tablename__ = "print_document"
    __table_args__ = (
        CheckConstraint("(content IS NULL) <> (storage_key = '')", name="in_one_place"),
        CheckConstraint("format IN ('pdf', 'zpl')", name="format_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    name: Mapped[str]
    format: Mapped[str]
    content: Mapped[bytes | None] = mapped_column(LargeBinary())
    storage_key: Mapped[str] = mapped_column(server_default="")


class PrintJob(Base):
    """One document on its way to one printer."""

    __tablename__ = "print_job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'taken', 'printed', 'failed', 'cancelled')", name="state_known"),
        CheckConstraint("copies BETWEEN 1 AND 200", name="copies_sane"),
        CheckConstraint("(state = 'taken') = (leased_until IS NOT NULL)", name="taken_is_leased"),
        CheckConstraint("(state IN ('waiting', 'taken')) = (finished_at IS NULL)", name="finished_when_ended"),
        Index("ix_print_job_open", "workstation_id", "id", postgresql_where=text("finished_at IS NULL")),
        Index("ix_print_job_seller_id_id", "seller_id", "id"),
        Index("ix_print_job_document_id", "document_id"),
        Index("ix_print_job_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_print_job_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
        Index("uq_print_job_key", "seller_id", "key", unique=True, postgresql_where=text("key <> ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    workstation_id: Mapped[UUID] = mapped_column(ForeignKey("workstation.id", ondelete="CASCADE"))
    printer_id: Mapped[UUID] = mapped_column(ForeignKey("printer.id", ondelete="CASCADE"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("print_document.id"))
    purpose: Mapped[str]
    copies: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    maybe_printed: Mapped[bool] = mapped_column(server_default=text("false"))
    """An agent fell silent after it had begun to send: the paper may be there."""
    order_id: Mapped[UUID | None]
    key: Mapped[str] = mapped_column(server_default="")
    """Queued once under it, however often asked."""
    requested_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    not_before: Mapped[datetime] = mapped_column(server_default=func.now())
    claim: Mapped[UUID | None]
    """Proves that an agent speaks of the attempt it was given."""
    taken_by: Mapped[str] = mapped_column(server_default="")
    leased_until: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reprint_of: Mapped[UUID | None]
