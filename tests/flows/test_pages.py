"""The pages of runs and of the carrier mapping, as a browser without scripts uses them."""

import httpx
import pytest
from sqlalchemy import text

from entrepot.channels.contract import ChannelCarrier
from entrepot.flows.domain import Flow
from entrepot.flows.tasks import InventoryRun, OrderRun
from entrepot.flows.views import runs_of
from entrepot.fulfilment.mapping import code_for
from entrepot.fulfilment.tasks import PushShipments
from entrepot.fulfilment.views.channel_pushes import push_of
from entrepot.jobs.inline import run_inline
from entrepot.orders.service import OrderService
from tests.flows.conftest import Runs
from tests.flows.test_order_run import connect
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_jobs import Patience
from tests.fulfilment.test_pushes import sandbox_shipments, shipped_order

pytestmark = pytest.mark.anyio


async def test_runs_are_started_and_shown(client: httpx.AsyncClient, floor: Floor, do: Runs) -> None:
    account = await connect(floor)
    page = f"/runs/{account.id}"
    empty = await client.get(page)
    assert "No run yet" in empty.text
    await do(OrderRun(seller_id=floor.seller_id, account_id=account.id))
    await do(InventoryRun(seller_id=floor.seller_id, account_id=account.id))
    shown = await client.get(page)
    assert shown.status_code == 200, shown.text
    for words in ("1. Fetch orders", "5. Tell the channel what left", "4. Send what changed"):
        assert words in shown.text
    for flow, mode in (("order", "tracking_only"), ("inventory", "quick")):
        answer = await client.post(f"{page}/{flow}", data={"mode": mode})
        assert (answer.status_code, answer.headers["location"]) == (303, page), answer.text
        again = await client.post(f"{page}/{flow}", data={"mode": "full"})
        assert again.status_code == 303
    async with floor.transaction() as session:
        rows = await session.execute(
            text("SELECT job, args->>'mode' FROM job_run WHERE job LIKE 'flows.%' AND state = 'queued' ORDER BY 1")
        )
        assert [tuple(row) for row in rows] == [
            ("flows.inventory_run", "quick"),
            ("flows.order_run", "tracking_only"),
        ], "a second click joins the run that waits already"
        assert len(await runs_of(session, account.id, Flow.ORDER)) == 1


async def test_an_unmapped_carrier_holds_the_news_until_it_is_mapped(client: httpx.AsyncClient, floor: Floor) -> None:
    account, shipment, _ = await shipped_order(floor)
    async with floor.transaction() as session:
        await session.execute(text('UPDATE channel_push SET payload = payload || \'{"carrier": "Brieftaube"}\'::jsonb'))
    push = PushShipments(seller_id=floor.seller_id, account_id=account.id)

    await run_inline(floor.database, floor.box, floor.settings, push, engine=Patience(floor))

    assert sandbox_shipments(floor) == 0
    async with floor.transaction() as session:
        held = await push_of(session, shipment.id)
        order = await OrderService(session).order(shipment.order_id)
    assert held
    assert (held.state, "Brieftaube" in held.last_error) == ("waiting", True)
    assert order.attention == ("carrier_unmapped",)
    assert "Not mapped" in (await client.get(f"/carriers/mapping/{account.id}")).text
    assert "1 parcel waits" in (await client.get(f"/runs/{account.id}")).text
    assert (await client.get("/carriers/mapping")).status_code == 200
    path = f"/carriers/mapping/{account.id}"
    refused = await client.post(path, data={"carrier": "Brieftaube", "service": "", "code": "PIGEON"})
    assert refused.status_code == 422

    answer = await client.post(path, data={"carrier": "Brieftaube", "service": "", "code": "COURIER"})

    assert answer.status_code == 303, answer.text
    async with floor.transaction() as session:
        assert (await OrderService(session).order(shipment.order_id)).attention == ()
    for _ in range(3):
        await run_inline(floor.database, floor.box, floor.settings, push, engine=Patience(floor))
    assert sandbox_shipments(floor) == 1
    sent = next(iter(floor.world.accounts["sandbox-seller-1"].shipments.values()))
    assert sent.transporter == "COURIER"


ACCEPTED = [
    ChannelCarrier(code="TNT", name="PostNL", known_as=("postnl",)),
    ChannelCarrier(code="DHL_DE", name="DHL Germany", known_as=("dhl_paket",)),
]


@pytest.mark.parametrize(
    ("carrier", "service", "code"),
    [
        ("postnl", "", "TNT"),
        ("PostNL ", "standard", "TNT"),
        ("DHL Paket", "", "DHL_DE"),
        ("dhl-de", "", "DHL_DE"),
        ("gls", "", "OTHER"),
        ("gls", "express", "COURIER"),
        ("ups", "", None),
        ("", "", None),
    ],
)
def test_what_the_channel_calls_a_carrier(carrier: str, service: str, code: str | None) -> None:
    chosen = {("gls", ""): "OTHER", ("gls", "express"): "COURIER"}
    assert code_for(carrier, service, chosen, ACCEPTED) == code
