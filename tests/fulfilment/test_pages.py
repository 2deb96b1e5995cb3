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
    answer = await client.post("/fulfilment/pack/find", data={"code": "p-1001"})
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
