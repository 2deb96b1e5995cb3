"""Pages and API of jobs."""

from datetime import timedelta

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.jobs import schedules, service
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.conftest import MakeClient
from tests.jobs.conftest import MakeSeller
from tests.jobs.samples import Quick

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("jobs")]


async def test_the_life_of_a_run_on_the_pages(client: httpx.AsyncClient, probe: Database, seller: SellerRef) -> None:
    assert "No runs" in (await client.get("/jobs/history?job=tests.none")).text
    async with probe.transaction(Scope.of(seller.id)) as session:
        run_id = await service.enqueue(session, Quick(), delay=3600)

    listed = await client.get("/jobs/history?state=waiting&job=tests.quick")
    assert str(run_id) in listed.text
    assert (await client.get(f"/jobs/{run_id}")).status_code == 200
    assert (await client.post(f"/jobs/{run_id}/cancel")).status_code == 302
    assert "Try again" in (await client.get(f"/jobs/{run_id}")).text
    assert (await client.post(f"/jobs/{run_id}/cancel")).status_code == 409
    assert (await client.post(f"/jobs/{run_id}/retry")).status_code == 302
    assert (await client.get("/jobs/reactions")).status_code == 200
    async with probe.transaction(Scope.of(seller.id)) as session:
        await service.cancel(session, run_id)


async def test_schedules_on_the_pages(client: httpx.AsyncClient, probe: Database, seller: SellerRef) -> None:
    async with probe.transaction(Scope.of(seller.id)) as session:
        schedule_id = await schedules.set_schedule(session, f"tests.{seller.id}", Quick(), every=timedelta(days=900))
    address = f"/jobs/schedules/{schedule_id}"

    assert str(schedule_id) in (await client.get("/jobs")).text
    refused = await client.post(address, data={"cron": "often", "interval_seconds": "", "time_zone": "UTC"})
    assert refused.status_code == 422
    assert "five fields" in refused.text
    assert (
        await client.post(address, data={"cron": "0 5 1 1 *", "interval_seconds": "", "time_zone": "UTC"})
    ).status_code == 302
    assert "0 5 1 1 *" in (await client.get(address)).text
    for action in ("pause", "continue", "run"):
        assert (await client.post(f"{address}/{action}")).status_code == 302
    async with probe.transaction(Scope.of(seller.id)) as session:
        await schedules.remove_schedule(session, f"tests.{seller.id}")


async def test_the_api(client: httpx.AsyncClient, seller: SellerRef) -> None:
    started = await client.post(
        "/api/v1/jobs", json={"job": "tests.quick", "args": {"number": 3}, "key": "k", "delay": 3600}
    )
    assert started.status_code == 202
    run = started.json()
    assert (run["state"], run["seller_id"]) == ("waiting", str(seller.id))
    again = await client.post("/api/v1/jobs", json={"job": "tests.quick", "args": {"number": 3}, "key": "k"})
    assert again.json()["id"] == run["id"]

    page = (await client.get("/api/v1/jobs", params={"limit": 1})).json()
    assert [item["id"] for item in page["items"]] == [run["id"]]
    assert (await client.get(f"/api/v1/jobs/{run['id']}")).json()["log"] == []
    assert (await client.post(f"/api/v1/jobs/{run['id']}/cancel")).json()["state"] == "cancelled"
    problem = await client.post("/api/v1/jobs", json={"job": "tests.quick", "args": {"number": "many"}})
    assert (problem.status_code, problem.json()["type"].split("/")[-1]) == (422, "jobs.arguments_wrong")
    unknown = await client.post("/api/v1/jobs", json={"job": "tests.nothing"})
    assert (unknown.status_code, unknown.json()["type"].split("/")[-1]) == (422, "jobs.job_unknown")


async def test_another_seller_sees_nothing(
    client: httpx.AsyncClient,
    make_client: MakeClient,
    make_seller: MakeSeller,
    probe: Database,
    seller: SellerRef,  # type: ignore[no-untyped-def]
) -> None:
    assert client
    async with probe.transaction(Scope.of(seller.id)) as session:
        run_id = await service.enqueue(session, Quick(), delay=3600)
    other = await make_client(await make_seller("Other"))

    assert (await other.get(f"/api/v1/jobs/{run_id}")).status_code == 404
    assert (await other.post(f"/api/v1/jobs/{run_id}/cancel")).status_code == 404
    assert str(run_id) not in (await other.get("/jobs/history")).text


async def test_changing_needs_the_right(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.JOBS_READ}))

    assert (await reader.post("/api/v1/jobs", json={"job": "tests.quick"})).status_code == 403
    assert (await reader.get("/api/v1/schedules")).status_code == 200
