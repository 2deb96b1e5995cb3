"""Makes the report of a day, keeps it as a document, and has it sent to who wants it."""

import asyncio
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.service import DocumentService
from entrepot.fulfilment.boards.days import Days, today
from entrepot.fulfilment.boards.sites import Site
from entrepot.insights.reports.errors import DayToComeError, ReportNotFoundError
from entrepot.insights.reports.figures import Figures, collect
from entrepot.insights.reports.repository import ReportRepository, ReportRow
from entrepot.insights.reports.sheet import daily_sheet
from entrepot.insights.tasks import SendDailyReport
from entrepot.jobs import service as jobs
from entrepot.kit.database import context_of
from entrepot.kit.storage import Storage

SUBJECT = "daily_report"


class DailyReports:
    """Daily reports of the transaction's sellers."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._reports = ReportRepository(session)
        self._documents = DocumentService(session, storage)

    async def make(self, seller_id: UUID, site: Site, day: date) -> ReportRow:
        """Make the report of a day anew, from what is written down now.  The transaction sees that seller alone.

        Raises:
            DayToComeError: the day has not begun there.
        """
        if day > today(site.time_zone).last:
            raise DayToComeError(day=day.isoformat(), site=site.name)
        figures = await collect(self._session, Days(day, day, site.time_zone), site=site.id, name=site.name)
        report_id = await self._reports.write(
            seller_id, site.id, day, msgspec.json.encode(figures).decode(), context_of(self._session).actor.name
        )
        pdf = await asyncio.to_thread(daily_sheet, figures)
        for old in await self._documents.of(SUBJECT, report_id):
            await self._documents.remove(old.id)
        kept = await self._documents.attach(seller_id, SUBJECT, report_id, f"{site.code}-{day.isoformat()}.pdf", pdf)
        await self._reports.keep_document(report_id, kept.id)
        return await self.report(report_id)

    async def send(self, report: ReportRow) -> int:
        """Have a report mailed to everyone who wants it, once; return how many they are."""
        if not await self._reports.mark_sent(report.id):
            return 0
        people = await self._reports.subscribers(report.seller_id, report.warehouse_id)
        for user_id in people:
            task = SendDailyReport(seller_id=report.seller_id, report_id=report.id, user_id=user_id)
            await jobs.enqueue(self._session, task, key=f"{report.id}:{user_id}")
        return len(people)

    async def report(self, report_id: UUID) -> ReportRow:
        """Return a report.

        Raises:
            ReportNotFoundError
        """
        found = await self._reports.report(report_id)
        if found is None:
            raise ReportNotFoundError
        return found

    async def figures(self, report_id: UUID) -> Figures:
        """Return what a report says."""
        await self.report(report_id)
        return msgspec.json.decode(await self._reports.figures(report_id), type=Figures)
