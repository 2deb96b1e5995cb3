"""The stations' pages and API, as scripts and plain forms use them."""

from typing import Any
from uuid import UUID

import httpx
import pypdf
import pytest

from entrepot.fulfilment.service import FulfilmentService
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_stations import checked_site, kind, picked

pytestmark = pytest.mark.anyio
HTMX = {"hx-request": "true"}


async def test_an_order_is_checked_on_its_page(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9, JUG={"B": 2})
    await checked_site(floor)
    order = await floor.order(("MUG", 2))
    await picked(floor, order)
    number = str((await floor.rows("SELECT number FROM sales_order WHERE id = :id", id=order))[0][0])
    assert number in (await client.get("/fulfilment/check")).text
    unknown = await client.post("/fulfilment/check/find", data={"code": "<b>?"}, headers=HTMX)
    assert "&lt;b&gt;?" in unknown.text
    found = await client.post("/fulfilment/check/find", data={"code": number}, headers=HTMX)
    page = found.headers["hx-redirect"]
    await client.post(f"{page}/scan", data={"code": "MUG"}, headers=HTMX)
    wrong = await client.post(f"{page}/scan", data={"code": "JUG"}, headers=HTMX)
    assert "1 × JUG does not belong here; its place is B-01" in wrong.text
    assert 'data-scan-result="error"' in wrong.text
    refused = await client.post(f"{page}/finish")
    assert refused.status_code == 422
    assert "1 × MUG from A-01 missing" in refused.text
    assert "Count again" in refused.text
    back = await client.post(f"{page}/back", data={"reason": "bring one"}, headers=HTMX)
    assert "bring one; 1 × MUG" in back.text
    await client.post(f"/fulfilment/floor/{order}/resolve", data={"stage": "picked", "reason": "brought"})
    assert (await client.post(f"{page}/begin")).status_code == 303
    await client.post(f"{page}/scan", data={"code": "MUG", "quantity": "2"}, headers=HTMX)
    done = await client.post(f"{page}/finish", headers=HTMX)
    assert "Everything there" in done.text
    assert "goes on to packing" in done.text
    assert "Sent back to picking" in (await client.get(f"/orders/{order}")).text
    assert (await client.post(f"{page}/explode")).status_code == 403


async def test_boxes_papers_and_rules_on_their_pages(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9)
    box = {
        "name": "Small",
        "code": "s1",
        "length_mm": "200",
        "width_mm": "150",
        "height_mm": "100",
        "own_weight_g": "80",
    }
    assert (await client.post("/fulfilment/packing-stations/kinds", data=box)).status_code == 303
    again = await client.post("/fulfilment/packing-stations/kinds", data=box)
    assert (again.status_code, "“S1” is the barcode" in again.text) == (422, True)
    assert (await client.post("/fulfilment/packing-stations/trays", data={"code": "t-1"})).status_code == 303
    rules = {"weighs": "on", "tolerance_percent": "5", "tolerance_g": "10", "wait_minutes": "30", "address_labels": "2"}
    assert (await client.post("/fulfilment/packing-stations/rules", data=rules)).status_code == 303
    wild = await client.post("/fulfilment/packing-stations/rules", data=rules | {"wait_minutes": "0"})
    assert wild.status_code == 422
    assert "T-1" in (await client.get("/fulfilment/packing-stations")).text
    order = await floor.order(("MUG", 2))
    await picked(floor, order)
    page = f"/fulfilment/box/{order}"
    assert "Which box" in (await client.get(page)).text
    for code, shows in [
        ("S1", "-B1 is open"),
        ("MUG", "1 still to go"),
        ("MUG", "0 still to go"),
        ("T-1", "T-1 is open"),
    ]:
        answer = await client.post(f"{page}/scan", data={"code": code}, headers=HTMX)
        assert shows in answer.text, code
    container = (await floor.rows("SELECT id FROM container WHERE kind = 'box'"))[0][0]
    seal = {"box": str(container), "weight_g": "900"}
    differs = await client.post(f"{page}/seal", data=seal, headers=HTMX)
    assert "should weigh 580 g" in differs.text
    assert (await client.post(f"{page}/seal", data=seal | {"reason": "gift wrap"})).status_code == 303
    assert await floor.status(order) == "packed"
    shown = (await client.get(page)).text
    assert "gift wrap" in shown
    assert (await client.post(f"{page}/reopen", data={"box": str(container)}, headers=HTMX)).text.count(
        "Reason missing"
    ) == 1
    assert (await client.post(f"{page}/reopen", data={"box": str(container), "reason": "torn"})).status_code == 303
    assert "torn" in (await client.get(page)).text
    slip = await client.post(f"/fulfilment/papers/{order}/slip")
    text = pypdf.PdfReader(__import__("io").BytesIO(slip.content)).pages[0].extract_text()
    assert "Packing slip" in text
    assert "Keizersgracht 12" in text
    labels = await client.post(f"/fulfilment/papers/{order}/labels", data={"copies": "3", "format": "zpl"})
    assert b"^PQ3" in labels.content
    assert (await client.post(f"/fulfilment/papers/{order}/invoice")).status_code == 404
    assert "Address labels × 3" in (await client.get(page)).text


async def test_programs_check_box_and_consolidate(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9)
    await checked_site(floor)
    box_kind = await kind(floor)
    first, second = await floor.order(("MUG", 1)), await floor.order(("MUG", 2))
    await picked(floor, first)

    async def ask(method: str, path: str, status: int = 200, **body: object) -> Any:  # noqa: ANN401 -- JSON
        answer = await client.request(method, f"/api/v1{path}", json=body if method != "GET" else None)
        assert answer.status_code == status, (path, answer.text)
        return answer.json() if answer.content else None

    await ask("POST", f"/orders/{first}/checks")
    await ask("POST", f"/orders/{first}/check/scans", code="MUG")
    assert (await ask("POST", f"/orders/{first}/check/finish"))["state"] == "clean"
    group = await ask("POST", "/consolidations", 201, order_ids=[str(first), str(second)], minutes=5)
    refused = await ask("POST", f"/orders/{first}/boxes", 422, kind_id=str(box_kind.id))
    assert refused["type"].endswith("fulfilment.group_waits")
    board = await client.get("/fulfilment/consolidation")
    assert group["number"] in board.text
    assert [len(one["members"]) for one in (await ask("GET", "/consolidations"))["items"]] == [2]
    await ask("POST", f"/consolidations/{group['id']}/let-go", reason="buyer waits")
    opened = await ask("POST", f"/orders/{first}/boxes", 201, kind_id=str(box_kind.id))
    fits = await ask("GET", f"/orders/{first}/box-suggestions")
    assert [one["fit"] for one in fits["items"]] == ["unknown"]
    line = (await floor.rows("SELECT id FROM order_line WHERE order_id = :id", id=first))[0][0]
    await ask("POST", f"/boxes/{opened['id']}/content", order_line_id=str(line), quantity=1)
    parcel = await ask("POST", f"/boxes/{opened['id']}/seal", weight_g=350)
    assert parcel["length_mm"] == 200
    assert (await ask("POST", f"/boxes/{opened['id']}/reopen", reason="wrong"))["state"] == "open"
    await ask("POST", f"/boxes/{opened['id']}/empty", 204)
    async with floor.transaction() as session:
        await FulfilmentService(session).packing.pack(UUID(str(first)), weight_g=300)
    assert await floor.status(first) == "packed"
