"""Printing as pages and programs read it: straight from SQL, no decisions."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.printing.domain import Connection, Format, JobState, PrinterKind, Purpose


class JobRow(msgspec.Struct, frozen=True, kw_only=True):
    """A print job as the queue shows it."""

    id: UUID
    seller_id: UUID
    workstation_id: UUID
    workstation: str
    printer_id: UUID
    printer: str
    document: str
    format: Format
    purpose: Purpose
    copies: int
    state: JobState
    reason: str
    attempts: int
    maybe_printed: bool
    order_id: UUID | None
    requested_by: str
    created_at: datetime
    not_before: datetime
    taken_by: str
    leased_until: datetime | None
    finished_at: datetime | None
    reprint_of: UUID | None
    silent: bool
    """Its agent fell silent: it will be given out again."""


class PrinterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A printer and what it is for."""

    id: UUID
    workstation_id: UUID
    name: str
    kind: PrinterKind
    connection: Connection
    address: str
    dpi: int
    width_mm: int | None
    height_mm: int | None
    purposes: list[Purpose]
    waiting: int


class StationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A workstation, how much waits there, and when an agent last asked for it."""

    id: UUID
    seller_id: UUID | None
    warehouse_id: UUID | None
    name: str
    printers: int
    waiting: int
    failed: int
    agent: str
    agent_seen_at: datetime | None


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is printed by itself."""

    id: UUID
    seller_id: UUID
    topic: str
    purpose: Purpose
    workstation_id: UUID | None
    workstation: str | None
    copies: int


_JOBS = """
    SELECT j.id, j.seller_id, j.workstation_id, w.name AS workstation, j.printer_id, p.name AS printer, d.name AS document,
        d.format, j.purpose, j.copies, j.state, j.reason, j.attempts, j.maybe_printed, j.order_id, j.requested_by,
        j.created_at, j.not_before, j.taken_by, j.leased_until, j.finished_at, j.reprint_of,
        coalesce(j.leased_until < now(), false) AS silent
    FROM print_job j JOIN workstation w ON w.id = j.workstation_id JOIN printer p ON p.id = j.printer_id
        JOIN print_document d ON d.id = j.document_id
    WHERE (CAST(:state AS text) = '' OR j.state = :state OR (:state = 'open' AND j.finished_at IS NULL)
            OR (:state = 'maybe' AND j.maybe_printed))
        AND (CAST(:workstation AS uuid) IS NULL OR j.workstation_id = :workstation)
        AND (CAST(:order_id AS uuid) IS NULL OR j.order_id = :order_id)
        AND (CAST(:purpose AS text) = '' OR j.purpose = :purpose)
        AND (CAST(:search AS text) = ''
            OR position(lower(:search) IN lower(d.name || ' ' || p.name || ' ' || j.requested_by)) > 0)
        AND (CAST(:before AS uuid) IS NULL OR j.id < :before)
        AND (CAST(:job_id AS uuid) IS NULL OR j.id = :job_id)
    ORDER BY j.id DESC LIMIT :limit
"""


async def jobs(  # noqa: PLR0913 -- each is one filter of the page
    session: AsyncSession,
    *,
    state: str = "",
    workstation_id: UUID | None = None,
    order_id: UUID | None = None,
    purpose: str = "",
    search: str = "",
    before: UUID | None = None,
    job_id: UUID | None = None,
    limit: int = 50,
) -> list[JobRow]:
    """Return print jobs, the newest first.

    Args:
        session: its scope says whose.
        state: one of :class:`JobState`, ``open`` for those that have not ended, ``maybe`` for those perhaps printed twice.
        workstation_id: only there.
        order_id: only for this order.
        purpose: only for this.
        search: part of the document's, the printer's or the person's name.
        before: the page after this one.
        job_id: only this one.
        limit: most of them.
    """
    values = {
        "state": state, "workstation": workstation_id, "order_id": order_id, "purpose": purpose,
        "search": search.replace("\0", "").strip(), "before": before, "job_id": job_id, "limit": limit,
    }  # fmt: skip
    rows = await session.execute(text(_JOBS), values)
    return [msgspec.convert(dict(row), JobRow) for row in rows.mappings()]


async def counts(session: AsyncSession) -> dict[str, int]:
    """Return how many jobs are in each state that somebody may want to look at."""
    row = (
        await session.execute(
            text(
                "SELECT count(*) FILTER (WHERE finished_at IS NULL) AS open, "
                "count(*) FILTER (WHERE state = 'failed') AS failed, count(*) FILTER (WHERE maybe_printed) AS maybe "
                "FROM print_job WHERE finished_at IS NULL OR finished_at > now() - interval '7 days'"
            )
        )
    ).one()
    return {"open": row.open, "failed": row.failed, "maybe": row.maybe}


async def stations(session: AsyncSession, *, workstation_id: UUID | None = None) -> list[StationRow]:
    """Return workstations by name."""
    rows = await session.execute(
        text(
            """
            SELECT w.id, w.seller_id, w.warehouse_id, w.name,
                (SELECT count(*) FROM printer p WHERE p.workstation_id = w.id) AS printers,
                (SELECT count(*) FROM print_job j WHERE j.workstation_id = w.id AND j.finished_at IS NULL) AS waiting,
                (SELECT count(*) FROM print_job j WHERE j.workstation_id = w.id AND j.state = 'failed'
                    AND j.finished_at > now() - interval '1 day') AS failed,
                coalesce(a.name, '') AS agent, a.seen_at AS agent_seen_at
            FROM workstation w LEFT JOIN LATERAL (
                SELECT name, seen_at FROM print_agent a WHERE a.workstation_id = w.id ORDER BY seen_at DESC LIMIT 1
            ) a ON true
            WHERE CAST(:id AS uuid) IS NULL OR w.id = :id
            ORDER BY lower(w.name), w.id LIMIT 500
            """
        ),
        {"id": workstation_id},
    )
    return [StationRow(**row) for row in rows.mappings()]


async def printers(session: AsyncSession, *, workstation_id: UUID | None = None) -> list[PrinterRow]:
    """Return printers by name."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, p.workstation_id, p.name, p.kind, p.connection, p.address, p.dpi, p.width_mm, p.height_mm,
                ARRAY(SELECT r.purpose FROM print_route r WHERE r.printer_id = p.id) AS purposes,
                (SELECT count(*) FROM print_job j WHERE j.printer_id = p.id AND j.finished_at IS NULL) AS waiting
            FROM printer p WHERE CAST(:id AS uuid) IS NULL OR p.workstation_id = :id
            ORDER BY lower(p.name), p.id LIMIT 1000
            """
        ),
        {"id": workstation_id},
    )
    return [msgspec.convert(dict(row), PrinterRow) for row in rows.mappings()]


async def rules(session: AsyncSession) -> list[RuleRow]:
    """Return what is printed by itself."""
    rows = await session.execute(
        text(
            "SELECT r.id, r.seller_id, r.topic, r.purpose, r.workstation_id, w.name AS workstation, r.copies "
            "FROM print_rule r LEFT JOIN workstation w ON w.id = r.workstation_id ORDER BY r.topic, r.purpose, r.id"
        )
    )
    return [msgspec.convert(dict(row), RuleRow) for row in rows.mappings()]
