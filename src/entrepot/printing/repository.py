"""Every SQL statement with which printing decides and writes.  What pages show is in :mod:`entrepot.printing.views`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.ids import new_id
from entrepot.kit.sql import text
from entrepot.printing.domain import Connection, JobState, PrinterKind, Purpose
from entrepot.printing.models import (
    PrintDocument,
    Printer,
    PrintJob,
    PrintRule,
    Workstation,
)
from entrepot.printing.refs import JobRef, PrinterRef, WorkstationRef


class StationRepository:
    """Workstations, their printers, and what those are for."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def workstation(self, workstation_id: UUID) -> WorkstationRef | None:
        row = await self._session.get(Workstation, workstation_id)
        return None if row is None else _workstation(row)

    async def workstation_named(self, name: str) -> WorkstationRef | None:
        """Return the seller's own before the fulfiller's, if both have one of this name."""
        query = select(Workstation).where(text("lower(name) = lower(:name)")).params(name=name)
        row = (await self._session.scalars(query.order_by(Workstation.seller_id.nulls_last()).limit(1))).one_or_none()
        return None if row is None else _workstation(row)

    async def add(self, row: Workstation | Printer | PrintRule) -> None:
        self._session.add(row)
        await self._session.flush()

    async def change_workstation(self, workstation_id: UUID, values: Mapping[str, Any]) -> None:
        await self._session.execute(update(Workstation).where(Workstation.id == workstation_id).values(values))

    async def remove_workstation(self, workstation_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM workstation WHERE id = :id"), {"id": workstation_id})

    async def name_taken(self, seller_id: UUID | None, name: str, but: UUID | None = None) -> bool:
        query = text(
            "SELECT EXISTS (SELECT FROM workstation WHERE lower(name) = lower(:name) "
            "AND seller_id IS NOT DISTINCT FROM CAST(:seller_id AS uuid) AND id IS DISTINCT FROM CAST(:but AS uuid))"
        )
        found = await self._session.execute(query, {"name": name, "seller_id": seller_id, "but": but})
        return bool(found.scalar_one())

    async def printers(self, workstation_id: UUID) -> list[PrinterRef]:
        query = select(Printer).where(Printer.workstation_id == workstation_id).order_by(Printer.name)
        return [_printer(row) for row in await self._session.scalars(query)]

    async def printer(self, printer_id: UUID) -> PrinterRef | None:
        row = await self._session.get(Printer, printer_id)
        return None if row is None else _printer(row)

    async def change_printer(self, printer_id: UUID, values: Mapping[str, Any]) -> None:
        await self._session.execute(update(Printer).where(Printer.id == printer_id).values(values))

    async def remove_printer(self, printer_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM printer WHERE id = :id"), {"id": printer_id})

    async def routed(self, workstation_id: UUID, purpose: Purpose) -> PrinterRef | None:
        """Return the printer for *purpose*."""
        row = await self._session.execute(
            text("SELECT printer_id FROM print_route WHERE workstation_id = :workstation AND purpose = :purpose"),
            {"workstation": workstation_id, "purpose": str(purpose)},
        )
        printer_id: UUID | None = row.scalar_one_or_none()
        return None if printer_id is None else await self.printer(printer_id)

    async def set_routes(self, station: WorkstationRef, routes: Mapping[Purpose, UUID]) -> None:
        """Replace what the printers of a workstation are for."""
        await self._session.execute(text("DELETE FROM print_route WHERE workstation_id = :id"), {"id": station.id})
        if routes:
            await self._session.execute(
                text(
                    "INSERT INTO print_route (workstation_id, seller_id, purpose, printer_id) "
                    "SELECT :station, CAST(:seller_id AS uuid), purpose, printer_id "
                    "FROM unnest(CAST(:purposes AS text[]), CAST(:printers AS uuid[])) AS t(purpose, printer_id)"
                ),
                {
                    "station": station.id,
                    "seller_id": station.seller_id,
                    "purposes": [str(one) for one in routes],
                    "printers": list(routes.values()),
                },
            )

    async def note_agent(self, workstation_id: UUID, seller_id: UUID | None, name: str, now: datetime) -> None:
        await self._session.execute(
            text(
                "INSERT INTO print_agent (id, seller_id, workstation_id, name, seen_at) "
                "VALUES (:id, CAST(:seller_id AS uuid), :workstation, :name, :now) "
                "ON CONFLICT (workstation_id, name, seller_id) DO UPDATE SET seen_at = EXCLUDED.seen_at"
            ),
            {"id": new_id(), "seller_id": seller_id, "workstation": workstation_id, "name": name, "now": now},
        )

    async def note_place(self, actor_id: str, seller_id: UUID, workstation_id: UUID, now: datetime) -> None:
        await self._session.execute(
            text(
                "INSERT INTO workstation_place (actor_id, seller_id, workstation_id, at) "
                "VALUES (:actor, :seller_id, :workstation, :now) ON CONFLICT (actor_id, seller_id) "
                "DO UPDATE SET workstation_id = EXCLUDED.workstation_id, at = EXCLUDED.at"
            ),
            {"actor": actor_id, "seller_id": seller_id, "workstation": workstation_id, "now": now},
        )

    async def place_of(self, actor_id: str, seller_id: UUID) -> UUID | None:
        found = await self._session.execute(
            text("SELECT workstation_id FROM workstation_place WHERE actor_id = :actor AND seller_id = :seller_id"),
            {"actor": actor_id, "seller_id": seller_id},
        )
        place: UUID | None = found.scalar_one_or_none()
        return place

    async def rules(self, topics: Sequence[str], seller_ids: Sequence[UUID]) -> Sequence[PrintRule]:
        query = select(PrintRule).where(PrintRule.topic.in_(topics), PrintRule.seller_id.in_(seller_ids))
        return (await self._session.scalars(query.order_by(PrintRule.id))).all()

    async def rule_exists(self, rule: Mapping[str, object]) -> bool:
        query = text(
            "SELECT EXISTS (SELECT FROM print_rule WHERE seller_id = :seller_id AND topic = :topic "
            "AND purpose = :purpose AND workstation_id IS NOT DISTINCT FROM CAST(:workstation_id AS uuid))"
        )
        return bool((await self._session.execute(query, dict(rule))).scalar_one())

    async def remove_rule(self, rule_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM print_rule WHERE id = :id"), {"id": rule_id})


_JOB = """
    SELECT j.id, j.seller_id, j.workstation_id, w.name AS workstation, j.printer_id, p.name AS printer, j.document_id,
        d.name AS document, j.purpose, j.copies, j.state, j.attempts, j.maybe_printed, j.order_id, j.claim, j.leased_until
    FROM print_job j JOIN workstation w ON w.id = j.workstation_id JOIN printer p ON p.id = j.printer_id
        JOIN print_document d ON d.id = j.document_id
"""


class QueueRepository:
    """Print jobs and their documents."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_document(self, document: PrintDocument) -> None:
        self._session.add(document)
        await self._session.flush()

    async def add_job(self, values: Mapping[str, object]) -> bool:
        """Store a job; whether it is new, or one of its key was queued before."""
        names = ", ".join(values)
        sql = (
            f"INSERT INTO print_job ({names}) VALUES ({', '.join(f':{name}' for name in values)}) "  # noqa: S608 -- names of columns
            "ON CONFLICT (seller_id, key) WHERE key <> '' DO NOTHING RETURNING id"
        )
        return (await self._session.execute(text(sql), dict(values))).scalar_one_or_none() is not None

    async def job(self, job_id: UUID, *, lock: bool = False) -> JobRef | None:
        sql = f"{_JOB} WHERE j.id = :id" + (" FOR UPDATE OF j" if lock else "")
        row = (await self._session.execute(text(sql), {"id": job_id})).mappings().one_or_none()
        return None if row is None else _job(row)

    async def job_of_key(self, seller_id: UUID, key: str) -> JobRef | None:
        sql = text(f"{_JOB} WHERE j.seller_id = :seller_id AND j.key = :key")
        row = (await self._session.execute(sql, {"seller_id": seller_id, "key": key})).mappings().one_or_none()
        return None if row is None else _job(row)

    async def next_job(self, workstation_id: UUID, now: datetime) -> JobRef | None:
        """Lock the oldest job that waits, or whose agent fell silent; other agents take the one behind it."""
        sql = text(
            f"{_JOB} WHERE j.workstation_id = :workstation AND j.finished_at IS NULL AND ("
            "(j.state = 'waiting' AND j.not_before <= :now) OR (j.state = 'taken' AND j.leased_until < :now)"
            ") ORDER BY j.id LIMIT 1 FOR UPDATE OF j SKIP LOCKED"
        )
        row = (await self._session.execute(sql, {"workstation": workstation_id, "now": now})).mappings().one_or_none()
        return None if row is None else _job(row)

    async def change(self, job_id: UUID, **values: object) -> None:
        await self._session.execute(update(PrintJob).where(PrintJob.id == job_id).values(values))

    async def sending_at(self, job_id: UUID) -> datetime | None:
        query = select(PrintJob.sending_at).where(PrintJob.id == job_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def document(self, document_id: UUID) -> PrintDocument | None:
        return await self._session.get(PrintDocument, document_id)

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove jobs that ended before *before*, and documents that no job needs any more."""
        gone = await self._session.execute(
            text(
                "DELETE FROM print_job WHERE id IN (SELECT id FROM print_job WHERE finished_at < :before "
                "ORDER BY finished_at LIMIT :limit) RETURNING id"
            ),
            {"before": before, "limit": limit},
        )
        count = len(gone.all())
        await self._session.execute(
            text(
                "DELETE FROM print_document d WHERE id IN (SELECT d.id FROM print_document d "
                "WHERE NOT EXISTS (SELECT FROM print_job j WHERE j.document_id = d.id) LIMIT :limit)"
            ),
            {"limit": limit},
        )
        return count


def _workstation(row: Workstation) -> WorkstationRef:
    return WorkstationRef(id=row.id, seller_id=row.seller_id, warehouse_id=row.warehouse_id, name=row.name)


def _printer(row: Printer) -> PrinterRef:
    return PrinterRef(
        id=row.id,
        workstation_id=row.workstation_id,
        name=row.name,
        kind=PrinterKind(row.kind),
        connection=Connection(row.connection),
        address=row.address,
        dpi=row.dpi,
        width_mm=row.width_mm,
        height_mm=row.height_mm,
    )


def _job(row: RowMapping) -> JobRef:
    values = dict(row)
    values["purpose"], values["state"] = Purpose(values["purpose"]), JobState(values["state"])
    return JobRef(**values)
