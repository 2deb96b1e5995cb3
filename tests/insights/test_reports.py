"""Reports: the figures agree with the tables, a day ends at the site's midnight, and people are shown to themselves first."""

import csv
import io
import zipfile
from datetime import timedelta
from uuid import UUID

import pypdf
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.repository import PeopleRepository
from entrepot.access.rights import Right
from entrepot.access.service.people import add_user, membership_of
from entrepot.fulfilment.boards.days import Days, today
from entrepot.fulfilment.boards.people import work
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.service import FulfilmentService
from entrepot.insights.reports.daily import DailyReports
from entrepot.insights.reports.figures import collect
from entrepot.insights.reports.repository import ReportRepository
from entrepot.insights.tasks import MakeDailyReports, SendDailyReport
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from tests.conftest import MakeClient
from tests.fulfilment.conftest import floor, world
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import pack, pick_all, release
from tests.messaging.test_invitation import Mailbox, mailbox, with_mail

__all__ = ["floor", "mailbox", "with_mail", "world"]
pytestmark = pytest.mark.anyio
ZONE = "Europe/Amsterdam"


async def busy(floor: Floor, orders: int = 3) -> list[UUID]:
    """Send some orders all the way, one back, and leave one short."""
    await floor.stock(MUG=3 * orders, CUP=1)
    made = [await floor.order(("MUG", 2)) for _ in range(orders)]
    for order in made:
        await pick_all(floor, (await release(floor, order)).pick_list_ids[0])
        await pack(floor, order)
        async with floor.transaction() as session:
            await FulfilmentService(session).dispatching.dispatch(order, HandOver.COUNTER)
    torn = await floor.order(("CUP", 1))
    await release(floor, torn)
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(torn, "torn label")
    return made


async def test_figures_agree_with_the_tables(floor: Floor) -> None:
    made = await busy(floor)
    async with floor.transaction() as session:
        day = today(ZONE)
        found = await collect(session, day, site=floor.warehouse)
        assert (found.billed.orders, found.billed.lines, found.billed.units) == (3, 3, 6)
        assert found.before.orders == found.usual.weeks == 0
        [[goods]] = await floor.rows("SELECT sum(goods_total) FROM sales_order WHERE id = ANY(:ids)", ids=made)
        assert sum(found.billed.value.values()) == goods
        assert [(one.kind, one.reason, one.times) for one in found.errors] == [("review", "torn label", 1)]
        [[steps, took]] = await floor.rows(
            "SELECT count(*), sum(took_ms) FROM floor_step WHERE origin NOT IN ('', 'dispatched')"
        )
        assert sum(one.steps for one in found.stages) == steps
        assert found.working_s + found.waiting_s == pytest.approx(float(str(took)) / 1000, abs=1)
        assert all(one.median_s <= one.p90_s for one in found.stages)
        tomorrow = Days(day.last + timedelta(days=1), day.last + timedelta(days=1), ZONE)
        assert (await collect(session, tomorrow)).billed.orders == 0


async def test_a_history_is_paged_filtered_and_exported(
    floor: Floor, seller: SellerRef, make_client: MakeClient
) -> None:
    await busy(floor)
    client = await make_client(seller)
    [[steps]] = await floor.rows("SELECT count(*) FROM floor_step")
    seen: list[int] = []
    cursor = ""
    while True:
        page = (await client.get(f"/api/v1/reports/history?limit=4&cursor={cursor}")).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == steps
    left = (await client.get("/api/v1/reports/history?outcome=dispatched&person=Tess")).json()["items"]
    assert len(left) == 3
    assert (await client.get("/api/v1/reports/history?cursor=x")).status_code == 422
    page = await client.get("/reports/history?outcome=review")
    assert "torn label" in page.text
    exported = await client.get("/reports/history/export?outcome=dispatched")
    rows = list(csv.reader(io.StringIO(exported.text.removeprefix("\ufeff"))))
    assert len(rows) == 4
    book = await client.get("/reports/history/export?form=xlsx")
    with zipfile.ZipFile(io.BytesIO(book.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == int(str(steps)) + 1
    picker = await make_client(seller, frozenset(Right) - {Right.FULFILMENT_SUPERVISE})
    others = (await picker.get("/api/v1/reports/history?person=Tess")).json()
    assert others["items"] == [], "what one other person did is for who runs the floor"
    everyones = (await picker.get("/api/v1/reports/history?outcome=dispatched")).json()["items"]
    assert [row["person"] for row in everyones] == [""] * 3
    assert "Tess" not in (await picker.get("/reports/history/export")).text
    assert ">Tess Tester</td>" in (await client.get("/reports/history")).text
    assert ">Tess Tester</td>" not in (await picker.get("/reports/history")).text


async def test_people_are_shown_to_themselves_and_to_others_only_where_a_site_says_so(
    floor: Floor, seller: SellerRef, make_client: MakeClient
) -> None:
    await busy(floor)
    client = await make_client(seller)
    async with floor.transaction() as session:
        everyone = await work(session, today(ZONE))
        assert {one.person_id for one in everyone} == {"tess"}
        picked = next(one for one in everyone if one.stage == "picking")
        assert (picked.orders, picked.lines, picked.units, picked.pace) == (3, 3, 6, None)
        assert await work(session, today(ZONE), who="somebody") == []
    assert (await client.get("/api/v1/reports/people")).json()["items"] == []
    assert (
        "Tess Tester"
        not in (await client.get("/reports/people")).text.partition('id="main"')[2].partition("</main>")[0]
    )
    switched = await client.post(f"/reports/people/{floor.warehouse}", data={"by_person": "on"})
    assert switched.status_code == 303
    shown = (await client.get("/api/v1/reports/people")).json()["items"]
    assert {one["person"] for one in shown} == {"Tess Tester"}
    assert (await client.get("/reports/people")).text.count("Tess Tester") >= 1
    assert (await client.get("/api/v1/reports/my-work")).json()["items"] == []
    picker = await make_client(seller, frozenset(Right) - {Right.FULFILMENT_SUPERVISE})
    assert (await picker.get("/api/v1/reports/people")).status_code == 403
    assert (await picker.get("/reports/my-day")).status_code == 200


async def test_a_report_is_made_kept_and_sent_once(floor: Floor, seller: SellerRef, make_client: MakeClient) -> None:
    await busy(floor)
    client = await make_client(seller)
    made = (await client.post("/api/v1/reports/daily", json={"warehouse_id": str(floor.warehouse)})).json()
    again = (await client.post("/api/v1/reports/daily", json={"warehouse_id": str(floor.warehouse)})).json()
    assert again.get("id") == made["id"], again
    assert again["document_id"] != made["document_id"]
    pdf = await client.get(f"/reports/daily/{made['id']}/report.pdf")
    words = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert "torn label" in words
    assert "Orders" in words
    listed = (await client.get("/api/v1/reports/daily")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    late = await client.post(
        "/api/v1/reports/daily",
        json={"warehouse_id": str(floor.warehouse), "day": (today(ZONE).first + timedelta(days=3)).isoformat()},
    )
    assert late.json()["type"].endswith("insights.day_to_come")
    assert (
        await client.put(f"/api/v1/reports/subscriptions/{floor.warehouse}", json={"wanted": True})
    ).status_code == 204
    assert "Stop for Main" in (await client.get("/reports/daily")).text


async def test_a_day_that_is_over_is_mailed_once_to_who_may_know(
    floor: Floor, database: Database, box: SecretBox, with_mail: Settings, mailbox: Mailbox
) -> None:
    order = (await busy(floor, 1))[0]
    await floor.rows(
        "INSERT INTO floor_step (seller_id, order_id, origin, stage, at, took_ms, actor_id, actor_name, station, reason,"
        " forced) SELECT seller_id, order_id, 'packed', 'dispatched', now() - interval '1 day', 5000, 'tess', 'Tess', '',"
        " '', false FROM floor_step WHERE order_id = :id LIMIT 1 RETURNING 1",
        id=order,
    )
    async with database.transaction(Scope.all_sellers()) as session:
        user = await add_user(session, email=f"{new_id()}@example.org", name="Nora", password_hash=None, locale="en")
    async with floor.transaction() as session:
        await ReportRepository(session).subscribe(floor.seller_id, floor.warehouse, user.id)
    await run_inline(database, box, with_mail, MakeDailyReports())
    await run_inline(database, box, with_mail, MakeDailyReports())
    async with floor.transaction() as session:
        (report,) = await ReportRepository(session).reports()
        (figures,) = [await DailyReports(session, open_storage(with_mail)).figures(report.id)]
    assert (report.day, report.sent_at is not None) == (today(ZONE).first - timedelta(days=1), True)
    assert (figures.billed.orders, figures.complete, figures.site) == (1, True, "Main")
    runs = await floor.rows("SELECT count(*) FROM job_run WHERE job = 'insights.send_daily_report'")
    assert runs == [(1,)]

    task = SendDailyReport(seller_id=floor.seller_id, report_id=report.id, user_id=user.id)
    assert await run_inline(database, box, with_mail, task) == {"sent": False}, "Nora works for somebody else"
    async with database.transaction(Scope.all_sellers()) as session:
        people = PeopleRepository(session)
        role = await people.role_by_key("owner")
        assert role is not None
        await people.add(membership_of(user.id, floor.seller_id, role))
    assert await run_inline(database, box, with_mail, task) == {"sent": True}
    (mail,) = mailbox.mails
    assert mail.startswith(f"{user.email}\nMain: the floor on ")
    assert "1 orders with 1 lines and 2 pieces left Main" in mail
    assert mail.endswith(f"[Main-{report.day.isoformat()}.pdf]")
