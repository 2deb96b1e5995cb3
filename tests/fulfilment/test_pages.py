"""Pages of the floor as a browser without scripts uses them."""

from uuid import UUID

import httpx
import pytest

from entrepot.fulfilment.pages.shipments import SHOWN_ALONE
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import lines_of, release

pytestmark = pytest.mark.anyio


async def test_pages_are_shown_and_work(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=5, CUP={"B": 5})
    orders = [await floor.order(("MUG", 2), ("CUP", 1)), await floor.order(("MUG", 1))]
    for path in ("/fulfilment/ready", "/fulfilment/pick", "/fulfilment/pack", "/fulfilment/shipments", "/carriers",
                 "/carriers/new/sandbox_express", "/orders"):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text[:2000])
    answer = await client.post("/fulfilment/release", data={"ids": [str(one) for one in orders]})
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    assert (await client.get(page)).status_code == 200
    list_id = UUID(page.split("/")[3])
    task = await client.get(f"/fulfilment/pick/{list_id}")
    assert "A-01" in task.text
    hx = {"hx-request": "true"}
    wrong = await client.post(f"/fulfilment/pick/{list_id}/scan", data={"code": "CUP", "client_id": "x"}, headers=hx)
    assert wrong.status_code == 200
    assert "That is SKU CUP from B-01; you need MUG from A-01." in wrong.text
    right = await client.post(f"/fulfilment/pick/{list_id}/scan", data={"code": "MUG", "client_id": "y"}, headers=hx)
    assert 'data-scan-result="ok"' in right.text
    for line in await lines_of(floor, list_id):
        answer = await client.post(f"/fulfilment/pick/lines/{line.id}/pick", data={"list_id": list_id}, headers=hx)
        assert answer.status_code == 200, answer.text
    assert "All done" in answer.text
    [(number,)] = await floor.rows("SELECT lower(number) FROM pick_list WHERE id = :id", id=list_id)
    answer = await client.post("/fulfilment/pack/find", data={"code": number})
    assert answer.status_code == 303, answer.text
    assert (await client.get("/fulfilment/pack")).status_code == 200
    client._transport.app.state.carrier_lines = floor.lines  # type: ignore[attr-defined]  # noqa: SLF001 -- no other way to the app
    station = f"/fulfilment/pack/{orders[0]}"
    assert "Label and ship" in (await client.get(station)).text
    bad = await client.post(station, data={"weight_g": "99000", "then": "ship"})
    assert bad.status_code == 422
    assert "cannot be the weight" in bad.text
    rows = await floor.rows("SELECT id FROM parcel WHERE order_id = :id", id=orders[0])
    assert (await client.post(f"/fulfilment/pack/parcels/{rows[0][0]}/reopen")).status_code == 303
    good = await client.post(station, data={"weight_g": "900", "then": "ship"})
    assert good.status_code == 303, good.text
    shown = await client.get(station)
    assert "Print label" in shown.text
    assert await floor.status(orders[0]) == "shipped"
    shipment = (await floor.rows("SELECT id FROM shipment WHERE order_id = :id", id=orders[0]))[0][0]
    detail = await client.get(f"/fulfilment/shipments/{shipment}")
    assert detail.status_code == 200, detail.text
    label = await client.get(f"/fulfilment/shipments/{shipment}/label.pdf")
    assert label.content.startswith(b"%PDF")
    assert label.headers.get_list("content-security-policy") == [SHOWN_ALONE]
    assert (await client.get(f"/fulfilment/shipments/{shipment}/label.zpl")).text.startswith("^XA")
    for language in ("nl", "de", "en"):
        shown = await client.get(f"/orders/{orders[0]}", headers={"accept-language": language})
        assert shown.status_code == 200, shown.text
    assert "left with Express" in shown.text
    assert "Picked 1 of CUP from B-01" in shown.text
    for path in ("/fulfilment/shipments?problem=1", f"/orders/{orders[0]}", "/fulfilment/pick?status=all"):
        assert (await client.get(path)).status_code == 200, path


async def test_orders_left_out_are_named(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=1)
    ready, waits = await floor.order(("MUG", 1)), await floor.order(("MUG", 1))
    refused = await client.post("/fulfilment/release", data={"ids": [str(waits)]})
    assert refused.status_code == 422
    assert "Only orders whose stock is reserved can be picked." in refused.text
    some = await client.post("/fulfilment/release", data={"ids": [str(ready), str(waits)]})
    assert some.status_code == 200
    assert "These were left out" in some.text
    assert "(Pending)" in some.text


async def test_forms_that_nobody_filled_in_are_refused_in_words(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=1)
    order = await floor.order(("MUG", 1))
    list_id = (await release(floor, order)).pick_list_ids[0]
    line = (await lines_of(floor, list_id))[0]
    answers = [
        await client.post(f"/fulfilment/pick/lines/{line.id}/pick", data={"list_id": "x"}),
        await client.post(f"/fulfilment/pack/{order}", data={"line-x": "1", "weight_g": "10"}),
        await client.post(f"/fulfilment/pack/{order}", data={"weight_g": "heavy"}),
        await client.post("/fulfilment/release", data={"ids": ["x"]}),
    ]
    assert {answer.status_code for answer in answers} <= {400, 422}


async def test_the_floor_is_seen_and_steered(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 2))
    number = str((await floor.rows("SELECT number FROM sales_order WHERE id = :id", id=order))[0][0])
    assert "Nothing here" in (await client.get("/fulfilment/floor")).text
    page = f"/fulfilment/floor/{order}"
    assert "Straight to packed" in (await client.get(page)).text
    claimed = await client.post("/fulfilment/pick/claim", data={"code": number})
    assert claimed.status_code == 303, claimed.text
    unknown = await client.post("/fulfilment/pick/claim", data={"code": "ghost"}, headers={"hx-request": "true"})
    assert "“ghost”" in unknown.text
    assert (await client.post("/fulfilment/pick/claim", data={"code": "ghost"})).status_code == 422
    task = claimed.headers["location"]
    assert "Pause" in (await client.get(task)).text
    assert (await client.post(f"{task}/pause")).status_code == 303
    assert "Paused" in (await client.get("/fulfilment/pick")).text
    await floor.rows("UPDATE pick_list SET assigned_to = 'ann', assigned_name = 'Ann', paused_at = NULL RETURNING id")
    taken = await client.post(f"{task}/claim")
    assert taken.status_code == 422
    assert "Ann is picking list" in taken.text
    assert "Take over" in (await client.get("/fulfilment/pick")).text
    assert (await client.post(f"{task}/take-over")).status_code == 303
    assert number in (await client.get("/fulfilment/floor?stage=picking")).text
    for action, data, shows in (
        ("priority", {"priority": "5"}, "Priority"),
        ("review", {"reason": "torn box"}, "torn box"),
        ("resolve", {"reason": "taped", "stage": "picking"}, "taped"),
        ("hold", {"reason": "buyer calls"}, "buyer calls"),
        ("let-go", {}, "Picking"),
        ("express", {"weight_g": "700"}, "Hand over"),
        ("dispatch", {"how": "driver"}, "Who took it"),
        ("deliver", {"received_by": "B. Jansen"}, "Delivered"),
    ):
        answer = await client.post(f"{page}/{action}", data=data)
        assert answer.status_code == 303, (action, answer.text)
        assert shows in (await client.get(page)).text, action
    late = await client.post(f"{page}/review", data={"reason": "too late"})
    assert late.status_code == 422
    assert "cannot go to" in late.text
    assert (await client.post(f"{page}/explode")).status_code == 403
    assert "B. Jansen" in (await client.get(f"/orders/{order}")).text or await floor.status(order) == "delivered"


async def test_stations_are_set_and_lists_booked_whole(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9)
    saved = await client.post("/fulfilment/floor/settings", data={"checks": "on", "scan_lot": "on"})
    assert saved.status_code == 303
    assert (await client.get("/fulfilment/floor/settings")).text.count('" checked>') == 2
    own = await client.post("/fulfilment/floor/settings", data={"warehouse": str(floor.warehouse)})
    assert (await client.get(own.headers["location"])).text.count('" checked>') == 0
    await client.post("/fulfilment/floor/settings", data={"warehouse": str(floor.warehouse), "checks": "on"})
    orders = [await floor.order(("MUG", 1)), await floor.order(("MUG", 2))]
    released = await release(floor, *orders)
    done = await client.post("/fulfilment/pick/complete", data={"ids": [str(one) for one in released.pick_list_ids]})
    assert done.status_code == 303, done.text
    page = f"/fulfilment/floor/{orders[0]}"
    assert (await client.post(f"{page}/enter", data={"stage": "checking"})).status_code == 303
    forced = await client.post(f"{page}/force", data={"stage": "picked", "reason": "wrong bench"})
    assert forced.status_code == 303
    assert "Forced" in (await client.get(page)).text
    assert "wrong bench" in (await client.get(f"/orders/{orders[0]}")).text
