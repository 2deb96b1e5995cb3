"""Printing as other code sees it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from entrepot.printing.domain import (
    DOTS_PER_MM,
    PURPOSE_LABELS,
    Connection,
    Format,
    HostPort,
    JobState,
    PrinterKind,
    Purpose,
    read_host,
)

__all__ = [
    "PURPOSE_LABELS",
    "Connection",
    "Format",
    "HostPort",
    "JobRef",
    "JobState",
    "Paper",
    "PrinterKind",
    "PrinterRef",
    "Purpose",
    "Task",
    "WorkstationRef",
    "read_host",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document to print: rendered just now (*content*), or in object storage anyway (*storage_key*)."""

    name: str
    """What people call it: ``Label 3SABC0001.pdf``."""
    content: bytes = field(default=b"", repr=False)
    storage_key: str = ""
    format: Format | None = None
    """Needed with *storage_key*; found in the content otherwise."""
    size_mm: tuple[int, int] | None = None
    """Of a label; None: it is made to fit, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkstationRef:
    """A place with a screen and printers."""

    id: UUID
    seller_id: UUID | None
    warehouse_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterRef:
    """A printer at a workstation."""

    id: UUID
    workstation_id: UUID
    name: str
    kind: PrinterKind
    connection: Connection
    address: str
    dpi: int
    width_mm: int | None
    height_mm: int | None

    @property
    def media(self) -> tuple[int, int] | None:
        """What lies in it."""
        return (self.width_mm, self.height_mm) if self.width_mm and self.height_mm else None

    @property
    def dots_per_mm(self) -> int:
        """The resolution as ZPL counts."""
        return DOTS_PER_MM[self.dpi]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRef:
    """One document on its way to one printer."""

    id: UUID
    seller_id: UUID
    workstation_id: UUID
    workstation: str
    printer_id: UUID
    printer: str
    document_id: UUID
    document: str
    purpose: Purpose
    copies: int
    state: JobState
    attempts: int
    maybe_printed: bool
    order_id: UUID | None
    claim: UUID | None
    leased_until: datetime | None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is to print, and where."""

    id: UUID
    claim: UUID
    document: str
    format: Format
    purpose: str
    copies: int
    attempt: int
    maybe_printed: bool
    printer: str
    kind: PrinterKind
    connection: Connection
    address: str
    lease_seconds: int
