"""Documents in the queue, and agents that take them out."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.printing import views
from entrepot.printing.claiming import Claiming
from entrepot.printing.domain import ATTEMPTS
from entrepot.printing.errors import (
    CopiesError,
    JobStateError,
    NoPrinterError,
    NotYourJobError,
    TooLargeForMediaError,
    UnreadableDocumentError,
    WrongFormatError,
)
from entrepot.printing.proof import proof
from entrepot.printing.refs import Format, JobRef, Paper, PrinterRef, Purpose, Task, WorkstationRef
from entrepot.printing.repository import QueueRepository
from entrepot.printing.service import PrintService
from entrepot.printing.stations import StationService
from tests.printing.conftest import LABEL, OFFICE, SHEET

pytestmark = pytest.mark.anyio

type Packing = tuple[WorkstationRef, PrinterRef]
ZPL, PDF = Paper(name="label.zpl", content=LABEL), Paper(name="label.pdf", content=SHEET)


async def queue(session: AsyncSession, packing: Packing, key: str = "") -> JobRef:
    seller_id = packing[0].seller_id
    assert seller_id
    return await PrintService(session).queue(seller_id, packing[0].id, Purpose.SHIPPING_LABEL, ZPL, key=key)


async def row(session: AsyncSession, job_id: UUID) -> views.JobRow:
    return (await views.jobs(session, job_id=job_id))[0]


async def silence(session: AsyncSession) -> None:
    """Let the lease of every agent run out."""
    await session.execute(text("UPDATE print_job SET leased_until = now() - interval '1 s' WHERE state = 'taken'"))


async def take(session: AsyncSession, packing: Packing) -> Task:
    found = await Claiming(session).take(packing[0].id, "agent")
    assert found is not None
    return found


async def test_the_printer_gets_the_format_it_understands_once_per_key(
    session: AsyncSession, seller: SellerRef, packing: Packing
) -> None:
    service = PrintService(session)

    first = await service.queue(seller.id, packing[0].id, Purpose.SHIPPING_LABEL, (PDF, ZPL), key="parcel 1", copies=2)
    again = await service.queue(seller.id, packing[0].id, Purpose.SHIPPING_LABEL, (PDF, ZPL), key="parcel 1")

    assert again.id == first.id
    task = await take(session, packing)
    assert (task.format, task.copies, task.attempt, task.maybe_printed) == (Format.ZPL, 2, 1, False)
    assert bytes((await Claiming(session).document(task.id, task.claim)).content or b"") == LABEL
    assert await Claiming(session).take(packing[0].id, "agent") is None


async def test_what_cannot_come_out_is_refused_with_the_names_of_things(
    session: AsyncSession, seller: SellerRef, packing: Packing
) -> None:
    service, where = PrintService(session), packing[0].id

    with pytest.raises(WrongFormatError, match=r"Zebra takes ZPL and “label.pdf” is there as PDF only"):
        await service.queue(seller.id, where, Purpose.SHIPPING_LABEL, PDF)
    with pytest.raises(NoPrinterError, match="At Packing 1 no printer is set for “Invoice copy”"):
        await service.queue(seller.id, where, Purpose.INVOICE_COPY, PDF)
    with pytest.raises(TooLargeForMediaError, match="is 210 × 297 mm, and in Zebra lie labels of 102 × 152 mm"):
        await service.queue(seller.id, where, Purpose.BOX_LABEL, Paper(name="huge", content=LABEL, size_mm=(210, 297)))
    with pytest.raises(UnreadableDocumentError, match="neither PDF nor ZPL"):
        await service.queue(seller.id, where, Purpose.BOX_LABEL, Paper(name="picture", content=b"\x89PNG"))
    with pytest.raises(CopiesError):
        await service.queue(seller.id, where, Purpose.BOX_LABEL, ZPL, copies=0)
    assert await views.jobs(session) == []


async def test_an_agent_that_falls_silent_before_it_sends_costs_nothing_after_it_maybe_a_second_label(
    session: AsyncSession, packing: Packing
) -> None:
    claiming = Claiming(session)
    job = await queue(session, packing)

    await take(session, packing)
    await silence(session)
    second = await take(session, packing)
    assert (second.id, second.attempt, second.maybe_printed) == (job.id, 2, False)

    await claiming.sending(second.id, second.claim)
    await silence(session)
    assert (await row(session, job.id)).silent
    third = await take(session, packing)
    assert (third.attempt, third.maybe_printed) == (3, True)

    with pytest.raises(NotYourJobError):
        await claiming.printed(second.id, second.claim)
    await claiming.printed(third.id, third.claim)
    await claiming.printed(third.id, third.claim)  # its answer was lost: said again
    printed = await row(session, job.id)
    assert (printed.state, printed.maybe_printed) == ("printed", True)
    topics = [event.topic for event in await outbox.read_subjects(session, [job.id])]
    assert topics == ["printing.job_printed", "printing.job_queued"]


async def test_a_job_is_tried_a_few_times_then_fails_and_can_be_printed_again(
    session: AsyncSession, packing: Packing
) -> None:
    claiming = Claiming(session)
    job = await queue(session, packing, key="once")

    for _ in range(ATTEMPTS):
        task = await take(session, packing)
        await claiming.failed(task.id, task.claim, "Zebra does not answer", begun=False)
        assert await claiming.take(packing[0].id, "agent") is None  # not at once
        await session.execute(text("UPDATE print_job SET not_before = now()"))
    failed = await row(session, job.id)
    assert (failed.state, failed.reason, failed.maybe_printed) == ("failed", "Zebra does not answer", False)

    again = await PrintService(session).reprint(job.id)
    assert again.state == "waiting"
    assert (await take(session, packing)).id == again.id
    await silence(session)
    await session.execute(text("UPDATE print_job SET attempts = 99 WHERE state = 'taken'"))
    assert await claiming.take(packing[0].id, "agent") is None  # a document that kills its agent does not kill all
    assert (await row(session, again.id)).state == "failed"


async def test_a_cancelled_job_is_not_sent_and_a_printed_one_not_cancelled(
    session: AsyncSession, packing: Packing
) -> None:
    service, claiming = PrintService(session), Claiming(session)
    first, second = await queue(session, packing), await queue(session, packing)

    task = await take(session, packing)
    await service.cancel(first.id)
    with pytest.raises(NotYourJobError):
        await claiming.sending(task.id, task.claim)

    task = await take(session, packing)
    await claiming.printed(task.id, task.claim)
    with pytest.raises(JobStateError, match=r"“label.zpl” is “Printed” already"):
        await service.cancel(second.id)


async def test_a_workstation_is_set_up_and_refuses_what_cannot_be(
    session: AsyncSession, seller: SellerRef, packing: Packing
) -> None:
    service, station = StationService(session), packing[0]

    with pytest.raises(InvalidInputError) as refused:
        await service.add_printer(
            station.id,
            {"name": " zebra ", "kind": "laser", "connection": "network", "address": "a b", "dpi": "1", "media": "big"},
        )
    assert set(refused.value.problems) == {"name", "kind", "address", "dpi", "media"}
    office = await service.add_printer(station.id, OFFICE)
    assert await PrintService(session).printer_for(station.id, Purpose.INVOICE_COPY) is None
    await service.route(station.id, {Purpose.INVOICE_COPY: office.id})
    assert await PrintService(session).printer_for(station.id, Purpose.INVOICE_COPY) == office
    assert await PrintService(session).printer_for(station.id, Purpose.SHIPPING_LABEL) is None

    for printer in (packing[1], office):
        paper = proof(printer)
        job = await PrintService(session).print_on(seller.id, printer.id, Purpose.TEST_PAGE, [paper])
        assert paper.content.startswith(b"^XA" if printer.name == "Zebra" else b"%PDF-"), job
    await service.remove_printer(office.id)
    assert [one.printer for one in await views.jobs(session)] == ["Zebra"]


async def test_old_jobs_are_forgotten_with_their_documents(session: AsyncSession, packing: Packing) -> None:
    old, kept = await queue(session, packing), await queue(session, packing)
    await PrintService(session).cancel(old.id)

    assert await QueueRepository(session).forget(now() + timedelta(seconds=1), 10) == 1

    assert [one.id for one in await views.jobs(session)] == [kept.id]
    documents = await session.execute(text("SELECT count(*) FROM print_document"))
    assert documents.scalar_one() == 1
