"""The run dashboard, the call log and the passports, as people see them."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.erp.service import ErpService
from entrepot.jobs import repository as runs
from entrepot.jobs import schedules, service
from entrepot.kit import i18n
from entrepot.kit.bulk import insert_rows
from entrepot.kit.call_log import ExternalCall
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.sentence import Sentence
from entrepot.operations.passport import passports
from tests.conftest import MakeClient
from tests.erp.conftest import add_channel_account, add_erp_account
from tests.jobs.conftest import MakeSeller
from tests.jobs.samples import Quick

pytestmark = pytest.mark.anyio

ADDRESS = {
    "last_name": "Smit",
    "street": "Dam",
    "house_number": "1",
    "postcode": "1012 JS",
    "city": "Amsterdam",
    "country": "NL",
}


async def start(database: Database, seller: SellerRef) -> UUID:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await service.enqueue(session, Quick(seller_id=seller.id), delay=3600)


async def add_call(session: AsyncSession, seller: SellerRef, **values: object) -> UUID:
    call_id = new_id()
    row = {
        "id": call_id,
        "seller_id": seller.id,
        "account_id": None,
        "run_id": None,
        "order_id": None,
        "subject": "",
        "why": "import orders",
        "actor_name": "orders.import_account",
        "request_id": "",
        "method": "GET",
        "url": "https://api.example.org/orders?page=1",
        "status": 200,
        "started_at": now(),
        "duration_ms": 41,
        "request_headers": {"authorization": "…"},
        "request_body": "",
        "response_headers": {},
        "response_body": '{"orders": []}',
        "response_bytes": 14,
        "error": "",
        **values,
    }
    await insert_rows(session, ExternalCall, [row])
    return call_id


async def test_the_dashboard_shows_a_schedule_with_its_last_run(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        schedule_id = await schedules.set_schedule(session, f"tests.{seller.id}", Quick(), every=timedelta(days=900))

    page = (await client.get("/jobs")).text
    assert f"/jobs/schedules/{schedule_id}" in page
    assert "never" in page
    assert (await client.post(f"/jobs/schedules/{schedule_id}/pause")).status_code == 302
    assert "Paused" in (await client.get("/jobs")).text
    ran = await client.post(f"/jobs/schedules/{schedule_id}/run")
    assert ran.headers["location"] in (await client.get("/jobs")).text


async def test_a_schedule_limits_its_runs(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        schedule_id = await schedules.set_schedule(session, f"tests.{seller.id}", Quick(), every=timedelta(days=900))
    address = f"/jobs/schedules/{schedule_id}"
    form = {"cron": "", "interval_seconds": "60", "time_zone": "Europe/Berlin", "retries": "2"}

    refused = await client.post(address, data={**form, "timeout_seconds": "soon", "retry_delay_seconds": "0"})
    assert (refused.status_code, refused.text.count("between 1 second and a week") > 1) == (422, True)
    assert (
        await client.post(address, data={**form, "timeout_seconds": "90", "retry_delay_seconds": "5"})
    ).status_code == 302
    run_id = (await client.post(f"{address}/run")).headers["location"].rpartition("/")[2]
    run = (await client.get(f"/api/v1/jobs/{run_id}")).json()["run"]
    assert (run["timeout_seconds"], run["retries"], run["retry_delay_seconds"]) == (90, 2, 5)


async def test_a_run_speaks_its_readers_language(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    subject = new_id()
    line = {"run_id": run_id, "seller_id": seller.id, "at": now(), "level": "info", "subject_kind": "order"}
    async with database.transaction(Scope.of(seller.id)) as session:
        await runs.add_log_lines(
            session,
            [
                {**line, "text": "{count} field(s) need a change.", "facts": {"count": 3}, "subject_id": subject},
                {**line, "text": "As {it} is", "facts": None, "subject_id": None},
            ],
        )
        await runs.report_progress(session, {run_id: (1, 4, Sentence("{count} field(s) need a change.", {"count": 3}))})

    english = (await client.get(f"/jobs/{run_id}")).text
    assert "3 field(s) need a change." in english
    assert "As {it} is" in english
    assert f"/orders/{subject}" in english
    client.cookies.set("locale", "nl")
    dutch = (await client.get(f"/jobs/{run_id}")).text
    i18n.locale.set("nl")
    assert i18n.gettext("{count} field(s) need a change.").format(count=3) in dutch
    assert "3 field(s) need a change." not in dutch


async def test_calls_are_found_from_their_run_and_order_and_lead_back(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    async with database.transaction(Scope.of(seller.id)) as session:
        mine = await add_call(session, seller, run_id=run_id, subject="A-1")
        other = await add_call(session, seller, status=503, url="https://api.example.org/broken")

    by_run = (await client.get(f"/calls?run={run_id}")).text
    assert str(mine) in by_run
    assert str(other) not in by_run
    broken = (await client.get("/calls?outcome=broken")).text
    assert str(other) in broken
    assert str(mine) not in broken
    assert str(mine) in (await client.get("/calls?q=A-1")).text
    assert str(mine) not in (await client.get("/calls?q=a%25-1")).text
    page = (await client.get(f"/calls/{mine}")).text
    assert f"/jobs/{run_id}" in page
    assert f"/calls?run={run_id}" in (await client.get(f"/jobs/{run_id}")).text
    assert (await client.get(f"/calls/{new_id()}")).status_code == 404


async def test_the_calls_about_an_order_are_those_of_its_channel_and_its_erp(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    line = {"sku": "MUG", "quantity": 1, "unit_price": "9.95"}
    made = (await client.post("/api/v1/orders", json={"ship_to": ADDRESS, "lines": [line]})).json()
    order_id, number = made["id"], made["number"]
    async with database.transaction(Scope.of(seller.id)) as session:
        channel, erp = await add_channel_account(session, seller.id), await add_erp_account(session, seller.id)
        await ErpService(session).join(channel, erp)
        await session.execute(
            text("UPDATE sales_order SET channel_account_id = :channel, channel_order_id = 'A-7' WHERE id = :id"),
            {"channel": channel, "id": order_id},
        )
        asked = await add_call(session, seller, account_id=channel, subject=number)
        handed_over = await add_call(session, seller, account_id=erp, subject=number, method="SQL")
        foreign = await add_call(session, seller, account_id=new_id(), subject=number)

    found = (await client.get(f"/calls?order={order_id}")).text
    assert str(asked) in found
    assert str(handed_over) in found
    assert str(foreign) not in found
    page = (await client.get(f"/calls/{handed_over}")).text
    assert f'href="/erp/{erp}"' in page
    assert str(order_id) in page


async def test_another_seller_sees_no_call(
    make_client: MakeClient, make_seller: MakeSeller, database: Database, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        call_id = await add_call(session, seller)
    stranger = await make_client(await make_seller("Other"))

    assert str(call_id) not in (await stranger.get("/calls")).text
    assert (await stranger.get(f"/calls/{call_id}")).status_code == 404


async def test_reading_calls_needs_the_right(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.JOBS_READ}))

    assert (await reader.get("/calls")).status_code == 403
    assert (await reader.get("/connectors")).status_code == 403


async def test_the_instances_runs_are_not_a_sellers_business(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    assert seller
    async with database.transaction(Scope.all_sellers()) as session:
        run_id = await service.enqueue(session, Quick(), delay=3600)

    assert (await client.get(f"/jobs/{run_id}")).status_code == 404
    assert str(run_id) not in (await client.get("/jobs/history")).text


def test_a_channels_result_says_nothing_of_the_carrier_in_the_same_package() -> None:
    bol = {row.kind: row.conformance for row in passports() if row.key == "bol"}

    assert bol["channel"] != bol["carrier"]


async def test_every_connector_has_a_passport(client: httpx.AsyncClient) -> None:
    known = passports()

    assert {row.kind for row in known} == {"channel", "carrier", "erp"}
    assert all(row.honest for row in known), [row.key for row in known if not row.honest]
    for row in known:
        if row.kind == "erp":
            assert row.conformance is None, "no suite of ERPs writes a result yet"
        else:
            assert row.conformance is not None, f"run the suite with --write-verdict for the {row.kind} {row.key}"
            assert (row.conformance.failed, row.conformance.passed > 10) == ([], True)
        assert (await client.get(f"/connectors/{row.kind}/{row.key}")).status_code == 200
    assert "bol" in (await client.get("/connectors")).text
    assert (await client.get("/connectors/channel/nothing")).status_code == 404
