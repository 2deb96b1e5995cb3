"""Tables of imports.  Only this slice reads or writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class DataImport(Base):
    """One table somebody uploaded."""

    __tablename__ = "data_import"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'running', 'done', 'cancelled')", name="status_known"),
        Index("ix_data_import_seller_id", "seller_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="draft")
    mode: Mapped[str]
    mark: Mapped[str]
    delimiter: Mapped[str]
    header: Mapped[list[str]]
    mapping: Mapped[dict[str, Any]]
    """Column key -> position in the header."""
    row_count: Mapped[int]
    rows_done: Mapped[int] = mapped_column(server_default=text("0"))
    """Written with the rows themselves: after a kill, work goes on behind them."""
    created: Mapped[int] = mapped_column(server_default=text("0"))
    updated: Mapped[int] = mapped_column(server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    run_id: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    """Language of the sentences beside failed rows."""
    subject: Mapped[str] = mapped_column(server_default="")
    """What the rows belong to, for kinds of import that need to know: a source of invoices."""
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


class DataImportFile(Base):
    """The table itself, compressed, until it has been applied."""

    __tablename__ = "data_import_file"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("data_import.id", ondelete="CASCADE"), primary_key=True)
    seller_id: Mapped[UUID]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class DataImportRow(Base):
    """A row that could not be applied."""

    __tablename__ = "data_import_row"
    __table_args__ = (PrimaryKeyConstraint("import_id", "number"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("data_import.id", ondelete="CASCADE"))
    number: Mapped[int]
    seller_id: Mapped[UUID]
    line: Mapped[int]
    cells: Mapped[list[str]]
    """All cells of the row, in the order of the header."""
    problems: Mapped[dict[str, Any]]
    """Column key, or empty for the whole row -> sentence."""
