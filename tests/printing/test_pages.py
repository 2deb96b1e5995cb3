"""Printing for people: from an empty page to a label of a place."""

import re

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.printing import views
from tests.inventory.factories import add_building
from tests.printing.conftest import ZEBRA

pytestmark = pytest.mark.anyio


async def test_from_nothing_to_a_printed_label(
    client: httpx.AsyncClient, seller: SellerRef, database: Database
) -> None:
    assert "No workstation yet" in (await client.get("/printing")).text
    refused = await client.post("/printing/workstations", data={"name": " "})
    assert (refused.status_code, "Give a name of at most 60 characters" in refused.text) == (422, True)

    made = await client.post("/printing/workstations", data={"name": "Packing «1»"})
    page = made.headers["location"]
    refused = await client.post(f"{page}/printers", data={**ZEBRA, "address": "somewhere else"})
    assert (refused.status_code, "192.168.1.40:9100" in refused.text) == (422, True)
    await client.post(f"{page}/printers", data=ZEBRA)
    shown = (await client.get(page)).text
    assert "No agent ever asked" in shown
    assert "Packing «1»" in shown
    printer = next(iter(re.findall(r"/printing/printers/([0-9a-f-]{36})/test", shown)))
    tested = await client.post(f"/printing/printers/{printer}/test", headers={"hx-request": "true"})
    assert "Test page Zebra is sent to Zebra, Packing «1»." in tested.text
    assert ZEBRA["address"] in (await client.get(f"/printing/printers/{printer}")).text

    await client.post("/printing/workstations/here", data={"workstation_id": page.rpartition("/")[2]})
    assert "Packing «1»" in (await client.get("/printing")).text
    async with database.transaction(Scope.of(seller.id)) as session:
        building = await add_building(session, seller.id)
    data = {"ids": str(building.shelf), "copies": "2", "size": "62x29", "format": "printer"}
    labels = await client.post("/labels/locations/print", data=data)
    assert (labels.status_code, "is sent to Zebra" in labels.text) == (200, True), labels.text

    async with database.transaction(Scope.of(seller.id)) as session:
        jobs = await views.jobs(session)
    assert [(one.purpose, one.copies) for one in jobs] == [("location_label", 2), ("test_page", 1)]
    await client.post(f"/printing/jobs/{jobs[0].id}/cancel")
    await client.post(f"/printing/jobs/{jobs[0].id}/reprint")
    listed = (await client.get("/printing?show=open")).text
    assert listed.count("/cancel") >= 2
    assert "Cancelled" in (await client.get("/printing?q=zebra")).text
    assert (await client.get("/printing/automatic")).status_code == 200
    added = await client.post(
        "/printing/automatic", data={"what": "fulfilment.label_made:shipping_label", "copies": "1"}
    )
    assert added.status_code == 303
    twice = await client.post(
        "/printing/automatic", data={"what": "fulfilment.label_made:shipping_label", "copies": "1"}
    )
    assert (twice.status_code, "printed there already" in twice.text) == (422, True)


async def test_the_api_does_what_the_pages_do(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/workstations", json={"name": "Packing 1"})).json()
    station = f"/api/v1/workstations/{made['id']}"
    added = await client.post(f"{station}/printers", json={**ZEBRA, "dpi": 300})
    printer = added.json()["printers"][0]
    assert "shipping_label" in printer["purposes"]
    body = {"workstation_id": made["id"], "purpose": "box_label", "document": "box", "content": "XlhBXlha", "key": "1"}
    first, second = [(await client.post("/api/v1/print-jobs", json=body)).json() for _ in range(2)]
    assert first["id"] == second["id"]
    wrong = await client.post("/api/v1/print-jobs", json={**body, "key": "", "content": "JVBERi0xLjc="})
    assert (wrong.status_code, wrong.json()["type"].rpartition("/")[2]) == (422, "printing.wrong_format")
    test = (await client.post(f"/api/v1/printers/{printer['id']}/test")).json()
    assert test["purpose"] == "test_page"
    cancelled = await client.post(f"/api/v1/print-jobs/{test['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert (await client.post(f"/api/v1/print-jobs/{test['id']}/cancel")).status_code == 409
    page = (await client.get("/api/v1/print-jobs?limit=1")).json()
    assert [one["id"] for one in page["items"]] == [test["id"]]
    rest = (await client.get(f"/api/v1/print-jobs?limit=1&cursor={page['next']}")).json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([first["id"]], None)
    rule = {"topic": "fulfilment.label_made", "purpose": "shipping_label", "workstation_id": made["id"]}
    added = await client.post("/api/v1/print-rules", json=rule)
    assert [one["workstation"] for one in added.json()["items"]] == ["Packing 1"]
    assert (await client.delete(station)).status_code == 204
    assert (await client.get("/api/v1/print-jobs")).json()["items"] == []
