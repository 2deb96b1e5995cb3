"""What reports do by themselves: after a site's midnight the day is written down, and sent to who wants it."""

from datetime import date, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.reaching import may_know
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.days import Days, today
from entrepot.fulfilment.boards.sites import Site, sites
from entrepot.insights.reports.daily import DailyReports
from entrepot.insights.reports.repository import ReportRepository
from entrepot.insights.reports.sheet import daily_sheet
from entrepot.insights.tasks import MakeDailyReports, SendDailyReport
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit import i18n
from entrepot.kit.scope import Scope
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_
from entrepot.messaging.mail import Attachment, compose, send

SUBJECT = N_("{site}: the floor on {day}")
BODY = N_("""Hello {name},

on {day}, {orders} orders with {lines} lines and {units} pieces left {site}. The report is attached; the same figures, and
those of other days, are at {address}

You get this mail because you asked for it. Stop it on the same page.
""")


class Due(msgspec.Struct, frozen=True):
    """A day of which the report is due."""

    seller_id: UUID
    site: Site
    day: date


@job("insights.make_daily_reports", label=N_("Make the reports of the day"), queue=Queue.LOW)
async def make_daily_reports(run: Run, args: MakeDailyReports) -> object:  # noqa: ARG001 -- the form of every job
    """Make the report of yesterday for every site whose orders moved, and have it sent; each only once."""
    storage = open_storage(run.settings)
    sent = 0
    found = await run.step("find", lambda: _due(run), returns=list[Due])
    for one in found:

        async def make(due: Due = one) -> int:
            async with run.transaction(Scope.of(due.seller_id)) as session:
                reports = DailyReports(session, storage)
                return await reports.send(await reports.make(due.seller_id, due.site, due.day))

        sent += await run.step("make", make)
    return {"reports": len(found), "mails": sent}


async def _due(run: Run) -> list[Due]:
    async with run.transaction() as session:
        found: list[Due] = []
        for site in await sites(session):
            day = _yesterday(site.time_zone)
            sellers = await ReportRepository(session).sellers_without(site.id, day)
            found += [Due(seller_id, site, day.first) for seller_id in sellers]
        return found


def _yesterday(time_zone: str) -> Days:
    day = today(time_zone).first - timedelta(days=1)
    return Days(day, day, time_zone)


@job("insights.send_daily_report", label=N_("Send the report of the day"), queue=Queue.MAIL)
async def send_daily_report(run: Run, args: SendDailyReport) -> object:
    """Mail a report to somebody, in their language; nothing if they may not know any more."""
    if run.settings.smtp_url is None:
        await run.log("info", "no mail server is set up (ENTREPOT_SMTP_URL)")
        return {"sent": False}

    async def write_and_send() -> bool:
        async with run.transaction(Scope.all_sellers()) as session:
            people = await may_know(session, [args.user_id], args.seller_id, Right.FULFILMENT_READ)
        if not people:
            return False
        person = people[0]
        async with run.transaction(Scope.of(args.seller_id)) as session:
            reports = DailyReports(session, open_storage(run.settings))
            report, figures = await reports.report(args.report_id), await reports.figures(args.report_id)
        i18n.locale.set(person.locale)
        day = i18n.show_day(report.day)
        message = compose(
            run.settings,
            to=person.email,
            subject=i18n.gettext(SUBJECT).format(site=report.site, day=day),
            text=i18n.gettext(BODY).format(
                name=person.name,
                day=day,
                site=report.site,
                orders=figures.billed.orders,
                lines=figures.billed.lines,
                units=figures.billed.units,
                address=f"{run.settings.address}/reports/daily",
            ),
            key=f"report-{args.report_id}-{args.user_id}",
            attachments=[
                Attachment(f"{report.site}-{report.day.isoformat()}.pdf", "application/pdf", daily_sheet(figures))
            ],
        )
        await send(run.settings, message)
        return True

    return {"sent": await run.step("send", write_and_send)}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await jobs.set_schedule(session, "insights.make_daily_reports", MakeDailyReports(), cron="7 * * * *")
