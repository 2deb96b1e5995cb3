"""Invoices that change while their orders are on the floor: off their lists, on after a review, or told by name."""

from typing import Any

import httpx
import pytest

from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.database import Actor
from entrepot.orders.invoices.refs import Result, Taken
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import TESS, Floor
from tests.fulfilment.test_way_through import release

pytestmark = pytest.mark.anyio
ERP = Actor("api_key", "erp", "The ERP")


def invoice(quantity: int, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field
    customer = {"name": "Jansen", "area": "North", "street": "Dam 1", "postcode": "1012 JS", "city": "X", "country": "NL"}  # fmt: skip
    lines = [{"code": "MUG", "quantity": quantity, "shelf": "Z-9", "lot": "L7"}]
    return {"number": "INV-1", "salesman": "Eva", "customer": customer, "priority": 7, "lines": lines} | rest


async def send(floor: Floor, raw: dict[str, Any]) -> Taken:
    async with floor.transaction(ERP) as session:
        service = InvoiceService(session)
        source = await service.source(floor.seller_id, "erp")
        return (await service.take(source, [raw], origin="api"))[0]


@pytest.fixture
async def sent(floor: Floor) -> Taken:
    """An invoice of two mugs."""
    await floor.stock(MUG=10)
    async with floor.transaction() as session:
        await InvoiceService(session).make_source(floor.seller_id, "erp", "ERP")
    return await send(floor, invoice(2))


async def stage_of(floor: Floor, taken: Taken) -> tuple[str, int]:
    found = await floor.rows("SELECT stage, priority FROM floor_order WHERE order_id = :id", id=taken.order_id)
    return str(found[0][0]), int(str(found[0][1]))


async def test_an_order_on_a_list_comes_off_it_unless_something_is_picked(
    floor: Floor, sent: Taken, client: httpx.AsyncClient
) -> None:
    assert sent.order_id is not None
    list_id = (await release(floor, sent.order_id)).pick_list_ids[0]
    assert await stage_of(floor, sent) == ("waiting", 7)
    page = (await client.get(f"/fulfilment/pick/{list_id}")).text
    assert "Eva" in page
    assert "Priority 7" in page
    assert "Z-9, L7" in page

    much = await send(floor, invoice(9, number="CR-1", kind="credit", credits="INV-1"))
    assert "has only 2 left to send" in much.problems[0].sentence.english
    assert await floor.status(sent.order_id) == "picking"  # what is refused takes nobody's work away

    assert (await send(floor, invoice(3, priority=9))).result is Result.UPDATED
    assert await floor.status(sent.order_id) == "reserved"
    assert await stage_of(floor, sent) == ("waiting", 9)
    assert await floor.rows("SELECT status FROM pick_list WHERE id = :id", id=list_id) == [("cancelled",)]

    again = (await release(floor, sent.order_id)).pick_list_ids[0]
    async with floor.transaction() as session:
        picking = FulfilmentService(session).picking
        await picking.claim(again)
        line = await floor_line(floor, str(again))
        await picking.pick(line, 1)
    refused = await send(floor, invoice(5))
    assert refused.result is Result.ATTENTION
    assert "goods of order INV-1 are picked" in refused.problems[0].sentence.english
    assert await floor.status(sent.order_id) == "picking"


async def floor_line(floor: Floor, list_id: str) -> Any:  # noqa: ANN401 -- an id
    found = await floor.rows(
        "SELECT id FROM pick_line WHERE pick_list_id = CAST(:id AS uuid) AND state = 'open'", id=list_id
    )
    return found[0][0]


async def test_what_was_sent_back_is_submitted_again(floor: Floor, sent: Taken) -> None:
    assert sent.order_id is not None
    async with floor.transaction(TESS) as session:
        await FulfilmentService(session).way.send_back(sent.order_id, "wrong customer")
    assert (await stage_of(floor, sent))[0] == Stage.REVIEW
    fixed = await send(floor, invoice(4))
    assert (fixed.result, fixed.order_id, fixed.put_back) == (Result.RESUBMITTED, sent.order_id, False)
    assert (await stage_of(floor, sent))[0] == Stage.WAITING


async def test_picked_goods_of_one_sent_back_are_put_back_and_a_new_order_is_made(floor: Floor, sent: Taken) -> None:
    assert sent.order_id is not None
    list_id = (await release(floor, sent.order_id)).pick_list_ids[0]
    async with floor.transaction() as session:
        picking = FulfilmentService(session).picking
        await picking.claim(list_id)
        await picking.pick(await floor_line(floor, str(list_id)), 2)
        await FulfilmentService(session).way.send_back(sent.order_id, "too few")
    words_only = await send(floor, invoice(2, remarks="ring twice"))
    assert (words_only.result, words_only.order_id) == (Result.RESUBMITTED, sent.order_id)
    assert (await stage_of(floor, sent))[0] == Stage.PICKED
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(sent.order_id, "too few")
    replaced = await send(floor, invoice(3))
    assert (replaced.result, replaced.order_number, replaced.put_back) == (Result.RESUBMITTED, "INV-1/2", True)
    assert await floor.status(sent.order_id) == "cancelled"
    assert replaced.order_id is not None
    assert await floor.status(replaced.order_id) == "reserved"
    async with floor.transaction() as session:
        note = await InvoiceService(session).cancel(
            await InvoiceService(session).source(floor.seller_id, "erp"), "INV-1"
        )
        assert (note.result, note.put_back) == (Result.CANCELLED, False)
        assert (await OrderService(session).order(replaced.order_id)).status == "cancelled"
