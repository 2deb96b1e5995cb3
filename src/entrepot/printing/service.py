"""Putting documents into the print queue, and what people do with what is in it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.printing.domain import (
    COPIES_MAX,
    LARGEST,
    OPEN,
    PURPOSE_LABELS,
    STATE_LABELS,
    Format,
    JobState,
    Purpose,
    fits,
    format_of,
    understands,
)
from entrepot.printing.errors import (
    CopiesError,
    JobStateError,
    NoPrinterError,
    TooLargeForMediaError,
    UnknownJobError,
    UnknownPrinterError,
    UnknownWorkstationError,
    UnreadableDocumentError,
    WrongFormatError,
)
from entrepot.printing.events import JobCancelled, JobQueued
from entrepot.printing.models import PrintDocument
from entrepot.printing.refs import JobRef, Paper, PrinterRef, WorkstationRef
from entrepot.printing.repository import QueueRepository, StationRepository


class PrintService:
    """The print queue of the transaction's sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._stations = StationRepository(session)
        self._queue = QueueRepository(session)

    async def queue(
        self,
        seller_id: UUID,
        workstation_id: UUID,
        purpose: Purpose,
        papers: Paper | Sequence[Paper],
        *,
        copies: int = 1,
        order_id: UUID | None = None,
        key: str = "",
    ) -> JobRef:
        """Print a document at a workstation, on the printer that it has for *purpose*.

        Args:
            seller_id: whose document it is.
            workstation_id: see :func:`entrepot.printing.http.workstation_of` for the one that the device stands at.
            purpose: what it is for.
            papers: the document; several: the same in other formats, of which the printer gets the one it understands.
            copies: of all of it.
            order_id: shown on the order and in the queue.
            key: asked twice under the same key, it is printed once.

        Raises:
            UnknownWorkstationError: it was removed.
            NoPrinterError: the workstation has none for this purpose.
            WrongFormatError, TooLargeForMediaError, UnreadableDocumentError, CopiesError: as they say.
        """
        station = await self.workstation(workstation_id)
        printer = await self._stations.routed(workstation_id, purpose)
        if printer is None:
            raise NoPrinterError(workstation=station.name, purpose=PURPOSE_LABELS[purpose])
        offered = (papers,) if isinstance(papers, Paper) else tuple(papers)
        return await self._put(seller_id, printer, purpose, offered, copies=copies, order_id=order_id, key=key)

    async def print_on(
        self, seller_id: UUID, printer_id: UUID, purpose: Purpose, papers: Sequence[Paper], *, copies: int = 1
    ) -> JobRef:
        """Print on one printer, whatever it is for: a test page, or what somebody sends there by hand.

        Raises:
            UnknownPrinterError: there is none.
            WrongFormatError, TooLargeForMediaError, UnreadableDocumentError, CopiesError: as they say.
        """
        printer = await self._stations.printer(printer_id)
        if printer is None:
            raise UnknownPrinterError
        return await self._put(seller_id, printer, purpose, papers, copies=copies)

    async def printer_for(self, workstation_id: UUID, purpose: Purpose) -> PrinterRef | None:
        """Return the printer that a workstation has for *purpose*: its resolution and what lies in it."""
        return await self._stations.routed(workstation_id, purpose)

    async def workstation(self, workstation_id: UUID) -> WorkstationRef:
        """Return a workstation.

        Raises:
            UnknownWorkstationError: there is none.
        """
        found = await self._stations.workstation(workstation_id)
        if found is None:
            raise UnknownWorkstationError(workstation=str(workstation_id))
        return found

    async def reprint(self, job_id: UUID, *, printer_id: UUID | None = None) -> JobRef:
        """Print the same again, from the same printer or another one.

        Raises:
            UnknownJobError, UnknownPrinterError: there is none.
            WrongFormatError: the other printer does not understand it.
        """
        job = await self.job(job_id)
        printer = await self._stations.printer(printer_id or job.printer_id)
        document = await self._queue.document(job.document_id)
        if printer is None or document is None:
            raise UnknownPrinterError
        _require_format(printer, document.name, Format(document.format))
        wish = {
            "purpose": str(job.purpose), "copies": job.copies, "order_id": job.order_id, "key": "", "reprint_of": job.id,
        }  # fmt: skip
        return await self._add(job.seller_id, printer, document.id, wish)

    async def cancel(self, job_id: UUID) -> JobRef:
        """Take a job out of the queue.  What an agent is sending just now may still come out.

        Raises:
            UnknownJobError: there is none.
            JobStateError: it was printed, or ended otherwise.
        """
        job = await self.job(job_id, lock=True)
        if job.state not in OPEN:
            raise JobStateError(document=job.document, state=STATE_LABELS[job.state])
        who = context_of(self._session).actor.name
        sending = await self._queue.sending_at(job_id) is not None
        await self._queue.change(
            job_id, state=str(JobState.CANCELLED), reason="", claim=None, leased_until=None, finished_at=now(),
            maybe_printed=job.maybe_printed or sending,
        )  # fmt: skip
        await outbox.record(
            self._session,
            JobCancelled(
                seller_id=job.seller_id, subject_id=job.id, document=job.document, purpose=str(job.purpose),
                printer=job.printer, workstation=job.workstation, order_id=job.order_id, reason=who,
            ),
        )  # fmt: skip
        return await self.job(job_id)

    async def job(self, job_id: UUID, *, lock: bool = False) -> JobRef:
        """Return a job.

        Raises:
            UnknownJobError: there is none.
        """
        found = await self._queue.job(job_id, lock=lock)
        if found is None:
            raise UnknownJobError
        return found

    async def _put(
        self,
        seller_id: UUID,
        printer: PrinterRef,
        purpose: Purpose,
        papers: Sequence[Paper],
        *,
        copies: int,
        order_id: UUID | None = None,
        key: str = "",
    ) -> JobRef:
        if not 1 <= copies <= COPIES_MAX:
            raise CopiesError(most=COPIES_MAX)
        if key and (before := await self._queue.job_of_key(seller_id, key)) is not None:
            return before
        paper, written = _choose(papers, printer)
        document = PrintDocument(
            id=new_id(),
            seller_id=seller_id,
            name=paper.name[:200],
            format=str(written),
            content=paper.content or None,
            storage_key="" if paper.content else paper.storage_key,
        )
        await self._queue.add_document(document)
        wish = {"purpose": str(purpose), "copies": copies, "order_id": order_id, "key": key, "reprint_of": None}
        return await self._add(seller_id, printer, document.id, wish)

    async def _add(self, seller_id: UUID, printer: PrinterRef, document_id: UUID, wish: Mapping[str, object]) -> JobRef:
        job_id, moment = new_id(), now()
        values = {
            "id": job_id,
            "seller_id": seller_id,
            "workstation_id": printer.workstation_id,
            "printer_id": printer.id,
            "document_id": document_id,
            "state": str(JobState.WAITING),
            "requested_by": context_of(self._session).actor.name,
            "created_at": moment,
            "not_before": moment,
            **wish,
        }
        if not await self._queue.add_job(values):
            before = await self._queue.job_of_key(seller_id, str(wish["key"]))
            if before is not None:
                return before
        job = await self.job(job_id)
        await outbox.record(
            self._session,
            JobQueued(
                seller_id=seller_id, subject_id=job_id, document=job.document, purpose=str(job.purpose),
                printer=job.printer, workstation=job.workstation, order_id=job.order_id, copies=job.copies,
            ),
        )  # fmt: skip
        return job


def _choose(papers: Sequence[Paper], printer: PrinterRef) -> tuple[Paper, Format]:
    """Return the paper in the printer's language."""
    known = [(paper, paper.format or format_of(paper.content)) for paper in papers]
    readable = [(paper, written) for paper, written in known if written and len(paper.content) <= LARGEST]
    if not readable:
        raise UnreadableDocumentError(document=papers[0].name if papers else "")
    for paper, written in readable:
        if written is understands(printer.kind):
            if paper.size_mm and printer.media and not fits(paper.size_mm, printer.media):
                raise TooLargeForMediaError(
                    document=paper.name, size="{} × {}".format(*paper.size_mm),
                    printer=printer.name, media="{} × {}".format(*printer.media),
                )  # fmt: skip
            return paper, written
    first, written = readable[0]
    _require_format(printer, first.name, written)
    return first, written


def _require_format(printer: PrinterRef, name: str, written: Format) -> None:
    wanted = understands(printer.kind)
    if written is not wanted:
        raise WrongFormatError(printer=printer.name, wanted=wanted.upper(), document=name, given=written.upper())
