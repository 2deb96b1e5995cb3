"""What print agents do: take the next job, say that sending begins, say how it ended.

A label that comes out twice is a nuisance; a label that never comes out stops a parcel, and nobody notices.  So a job is
printed **at least once**: when its agent falls silent (killed, unplugged, no network) the lease ends and the job is given
out again.  An agent says when it begins to send to the printer.  If it fell silent before, nothing can have come out; if
after, the job is marked *maybe printed*, and everyone sees it: the next agent, the queue, whoever holds two labels.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.printing.domain import ATTEMPTS, LEASE, OPEN, Format, JobState, retry_after
from entrepot.printing.errors import NotYourJobError, UnknownJobError, UnknownPrinterError, UnknownWorkstationError
from entrepot.printing.events import JobDelayed, JobFailed, JobPrinted
from entrepot.printing.models import PrintDocument
from entrepot.printing.refs import JobRef, Task, WorkstationRef
from entrepot.printing.repository import QueueRepository, StationRepository

FELL_SILENT = N_(
    "The print agent fell silent {attempts} times while it printed this. Look at the printer and the agent."
)
AGENT_NAME = 60
REASON = 300


class Claiming:
    """The queue as agents use it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._queue = QueueRepository(session)
        self._stations = StationRepository(session)

    async def workstation(self, wanted: str) -> WorkstationRef:
        """Return a workstation by its id or its name.

        Raises:
            UnknownWorkstationError: there is none.
        """
        try:
            found = await self._stations.workstation(UUID(wanted))
        except ValueError:
            found = await self._stations.workstation_named(wanted.strip())
        if found is None:
            raise UnknownWorkstationError(workstation=wanted[:AGENT_NAME])
        return found

    async def seen(self, station: WorkstationRef, agent: str, principal: Principal) -> None:
        """Note that an agent asks for work here."""
        whose = principal.seller.id if principal.seller else None
        if whose is None and not principal.everywhere:
            whose = principal.seller_id()
        await self._stations.note_agent(station.id, whose, agent[:AGENT_NAME], now())

    async def take(self, workstation_id: UUID, agent: str) -> Task | None:
        """Give out the oldest job that may be printed now; None if there is none."""
        while (job := await self._queue.next_job(workstation_id, now())) is not None:
            interrupted = job.state is JobState.TAKEN
            maybe = job.maybe_printed or (interrupted and await self._queue.sending_at(job.id) is not None)
            if interrupted and job.attempts >= ATTEMPTS:
                await self._fail(job, FELL_SILENT.format(attempts=job.attempts), maybe=maybe)
                continue
            return await self._give(job, agent, maybe=maybe)
        return None

    async def _give(self, job: JobRef, agent: str, *, maybe: bool) -> Task:
        claim = new_id()
        await self._queue.change(
            job.id, state=str(JobState.TAKEN), claim=claim, taken_by=agent[:AGENT_NAME], leased_until=now() + LEASE,
            attempts=job.attempts + 1, maybe_printed=maybe, sending_at=None,
        )  # fmt: skip
        printer = await self._stations.printer(job.printer_id)
        document = await self._queue.document(job.document_id)
        if printer is None or document is None:  # the job would have gone with them
            raise UnknownPrinterError
        return Task(
            id=job.id,
            claim=claim,
            document=job.document,
            format=Format(document.format),
            purpose=str(job.purpose),
            copies=job.copies,
            attempt=job.attempts + 1,
            maybe_printed=maybe,
            printer=printer.name,
            kind=printer.kind,
            connection=printer.connection,
            address=printer.address,
            lease_seconds=int(LEASE.total_seconds()),
        )

    async def document(self, job_id: UUID, claim: UUID) -> PrintDocument:
        """Return what to print.

        Raises:
            NotYourJobError: the job is another agent's now, or was cancelled.
        """
        job = await self._claimed(job_id, claim)
        document = await self._queue.document(job.document_id)
        if document is None:
            raise UnknownJobError
        return document

    async def sending(self, job_id: UUID, claim: UUID) -> None:
        """Note that the printer gets it from now on, and that the agent lives.  Called again, it holds the lease on.

        Raises:
            NotYourJobError: the job is another agent's now, or was cancelled: do not send it.
        """
        await self._claimed(job_id, claim)
        moment = now()
        await self._queue.change(job_id, sending_at=moment, leased_until=moment + LEASE)

    async def printed(self, job_id: UUID, claim: UUID) -> None:
        """Note that the printer took all of it.  Said again, it is as said once.

        Raises:
            NotYourJobError: the job is another agent's now, or was cancelled.
        """
        job = await self._claimed(job_id, claim, done=JobState.PRINTED)
        if job.state is JobState.PRINTED:
            return
        await self._queue.change(
            job_id, state=str(JobState.PRINTED), reason="", leased_until=None, finished_at=now(), sending_at=None
        )
        await outbox.record(
            self._session,
            JobPrinted(
                seller_id=job.seller_id, subject_id=job.id, document=job.document, purpose=str(job.purpose),
                printer=job.printer, workstation=job.workstation, order_id=job.order_id,
            ),
        )  # fmt: skip

    async def failed(self, job_id: UUID, claim: UUID, reason: str, *, begun: bool, final: bool = False) -> None:
        """Note that it did not work, and try again later unless it never will.

        Args:
            job_id: which.
            claim: of the attempt.
            reason: what the agent saw, shown to people.
            begun: some of it had gone to the printer.
            final: it would fail again: the queue does not exist, the document is gone.

        Raises:
            NotYourJobError: the job is another agent's now, or was cancelled.
        """
        job = await self._claimed(job_id, claim)
        maybe = job.maybe_printed or begun
        reason = " ".join(reason.split())[:REASON]
        if final or job.attempts >= ATTEMPTS:
            await self._fail(job, reason, maybe=maybe)
            return
        await self._queue.change(
            job_id, state=str(JobState.WAITING), reason=reason, claim=None, leased_until=None, sending_at=None,
            maybe_printed=maybe, not_before=now() + retry_after(job.attempts),
        )  # fmt: skip
        await outbox.record(
            self._session,
            JobDelayed(
                seller_id=job.seller_id, subject_id=job.id, document=job.document, purpose=str(job.purpose),
                printer=job.printer, workstation=job.workstation, order_id=job.order_id, reason=reason,
            ),
        )  # fmt: skip

    async def _fail(self, job: JobRef, reason: str, *, maybe: bool) -> None:
        await self._queue.change(
            job.id, state=str(JobState.FAILED), reason=reason, claim=None, leased_until=None, sending_at=None,
            maybe_printed=maybe, finished_at=now(),
        )  # fmt: skip
        await outbox.record(
            self._session,
            JobFailed(
                seller_id=job.seller_id, subject_id=job.id, document=job.document, purpose=str(job.purpose),
                printer=job.printer, workstation=job.workstation, order_id=job.order_id, reason=reason,
            ),
        )  # fmt: skip

    async def _claimed(self, job_id: UUID, claim: UUID, *, done: JobState | None = None) -> JobRef:
        job = await self._queue.job(job_id, lock=True)
        if job is None:
            raise UnknownJobError
        if job.claim != claim or (job.state not in OPEN and job.state is not done):
            raise NotYourJobError
        return job
