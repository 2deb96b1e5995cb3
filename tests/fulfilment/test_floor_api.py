"""The floor over HTTP: claiming by code, many picks at once, stations, review, express, dispatch, delivery."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.fulfilment.errors import PickListTakenError
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.database import Actor
from tests.conftest import MakeClient
from tests.fulfilment.floor import Floor
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio

ANN, BOB = Actor("user", "ann", "Ann"), Actor("user", "bob", "Bob")


async def number_of(floor: Floor, order: UUID) -> str:
    return str((await floor.rows("SELECT number FROM sales_order WHERE id = :id", id=order))[0][0])


async def test_an_order_goes_all_the_way_over_http(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=5, CUP={"B": 5})
    order = await floor.order(("MUG", 2), ("CUP", 1))
    task = (await client.post("/api/v1/pick-lists/claims", json={"code": await number_of(floor, order)})).json()
    again = (await client.post("/api/v1/pick-lists/claims", json={"code": task["pick_list"]["number"].lower()})).json()
    assert again["pick_list"]["id"] == task["pick_list"]["id"]
    assert (await client.get("/api/v1/floor", params={"stage": "picking"})).json()["items"][0]["order_id"] == str(order)
    url = f"/api/v1/pick-lists/{task['pick_list']['id']}/picks"
    picks = [{"line_id": line["id"], "client_id": f"c-{line['id']}"} for line in task["lines"]]
    first = (await client.post(url, json={"picks": picks})).json()["items"]
    assert [one["picked"] for one in first] == [2, 1]
    replayed = (await client.post(url, json={"picks": picks})).json()["items"]
    assert all(one["repeated"] and not one["picked"] for one in replayed)
    early = await client.post(f"/api/v1/orders/{order}/dispatch", json={"how": "counter"})
    assert early.json()["type"].endswith("fulfilment.nothing_to_dispatch")
    await client.post(f"/api/v1/orders/{order}/parcels", json={"weight_g": 500})
    too_soon = await client.post(f"/api/v1/orders/{order}/deliver", json={"received_by": "B. Jansen"})
    assert too_soon.json()["type"].endswith("fulfilment.not_dispatched")
    for _ in range(2):
        gone = await client.post(f"/api/v1/orders/{order}/dispatch", json={"how": "counter"})
        assert (gone.status_code, gone.json()["status"]) == (200, "shipped")
    nobody = await client.post(f"/api/v1/orders/{order}/deliver", json={"received_by": " "})
    assert nobody.json()["type"].endswith("fulfilment.receiver_missing")
    for _ in range(2):
        arrived = await client.post(f"/api/v1/orders/{order}/deliver", json={"received_by": "B. Jansen"})
        assert (arrived.status_code, arrived.json()["status"]) == (200, "delivered")
    way = (await client.get(f"/api/v1/orders/{order}/way")).json()
    stages = [step["stage"] for step in way["steps"]]
    assert stages == ["waiting", "picking", "picked", "packed", "dispatched", "delivered"]
    assert await floor.rows("SELECT received_by, handed_by, state FROM shipment WHERE order_id = :id", id=order) == [
        ("B. Jansen", "counter", "delivered")
    ]
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_of_two_pickers_one_gets_it_and_the_other_hears_the_name(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 1))
    number = await number_of(floor, order)

    async def claim(who: Actor) -> object:
        async with floor.transaction(who) as session:
            return await FulfilmentService(session).picking.claim_code((floor.seller_id,), number)

    outcomes = await asyncio.gather(claim(ANN), claim(BOB), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, PickListTakenError)]
    assert len(refused) == 1
    assert len({type(one) for one in outcomes}) == 2
    winner = await floor.rows("SELECT assigned_name FROM pick_list")
    assert str(winner[0][0]) in refused[0].detail
    lists = await floor.rows("SELECT count(*) FROM pick_list_order WHERE order_id = :id", id=order)
    assert lists == [(1,)]


async def test_lists_are_paused_resumed_and_taken_over(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 1))

    async def act(who: Actor, do: Callable[[FulfilmentService], Awaitable[object]]) -> None:
        async with floor.transaction(who) as session:
            await do(FulfilmentService(session))

    seller = (floor.seller_id,)
    await act(ANN, lambda floor_: floor_.picking.claim_code(seller, str(order)))
    list_id = UUID(str((await floor.rows("SELECT id FROM pick_list"))[0][0]))
    with pytest.raises(PickListTakenError, match="Ann"):
        await act(BOB, lambda floor_: floor_.picking.claim(list_id))
    await act(BOB, lambda floor_: floor_.picking.claim(list_id, take_over=True))
    await act(BOB, lambda floor_: floor_.picking.pause(list_id))
    await act(BOB, lambda floor_: floor_.picking.pause(list_id))
    await act(ANN, lambda floor_: floor_.picking.claim(list_id))
    assert await floor.rows("SELECT assigned_name, paused_at FROM pick_list") == [("Ann", None)]
    assert await floor.rows("SELECT holder_name FROM floor_order WHERE order_id = :id", id=order) == [("Ann",)]
    told = await floor.rows(
        "SELECT payload->>'what', payload->>'before', actor_name FROM event"
        " WHERE topic = 'fulfilment.pick_list_changed_hands' ORDER BY id"
    )
    assert told == [
        ("claimed", "", "Ann"),
        ("claimed", "Ann", "Bob"),
        ("paused", "Bob", "Bob"),
        ("claimed", "Bob", "Ann"),
    ]


async def test_an_unknown_code_is_named(client: httpx.AsyncClient, floor: Floor) -> None:
    answer = await client.post("/api/v1/pick-lists/claims", json={"code": "ghost"})
    assert answer.status_code == 404
    assert "“ghost”" in answer.json()["detail"]
    order = await floor.order(("MUG", 1))
    empty = await client.post("/api/v1/pick-lists/claims", json={"code": str(order)})
    assert empty.json()["type"].endswith("fulfilment.nothing_to_release")


async def test_express_goes_straight_to_packed(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9)
    await client.put("/api/v1/floor/settings", json={"checks": True, "boxes": True})
    assert (await client.get("/api/v1/floor/settings")).json()["checks"]
    order = await floor.order(("MUG", 2))
    answer = await client.post(f"/api/v1/orders/{order}/express", json={})
    assert (answer.status_code, answer.json()["weight_g"]) == (200, 500)
    assert await floor.status(order) == "packed"
    again = await client.post(f"/api/v1/orders/{order}/express", json={})
    assert again.json()["type"].endswith("fulfilment.cannot_express")


async def test_review_and_force_over_http(
    client: httpx.AsyncClient, make_client: MakeClient, seller: SellerRef, floor: Floor
) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 2))
    assert (await client.get(f"/api/v1/orders/{order}/way")).json()["type"].endswith("fulfilment.not_on_the_floor")
    sent = await client.post(f"/api/v1/orders/{order}/review", json={"reason": "buyer asks", "station": "desk"})
    assert sent.json()["place"]["stage"] == "review"
    assert (await client.post(f"/api/v1/orders/{order}/review/resolve", json={})).json()["place"]["stage"] == "waiting"
    changed = await client.post("/api/v1/floor/priorities", json={"order_ids": [str(order)], "priority": 9})
    assert changed.json() == {"changed": 1}
    await client.put("/api/v1/floor/settings", json={"checks": True})
    task = (await client.post("/api/v1/pick-lists/claims", json={"code": str(order)})).json()
    paused = await client.post(f"/api/v1/pick-lists/{task['pick_list']['id']}/pause")
    assert paused.status_code == 200
    picks = [{"line_id": line["id"]} for line in task["lines"]]
    await client.post(f"/api/v1/pick-lists/{task['pick_list']['id']}/picks", json={"picks": picks})
    checking = await client.post(f"/api/v1/orders/{order}/stage", json={"stage": "checking"})
    assert checking.json()["place"]["stage"] == "checking"
    forced = await client.post(f"/api/v1/orders/{order}/force", json={"stage": "picked", "reason": "wrong bench"})
    assert forced.json()["steps"][-1]["forced"]
    assert forced.json()["steps"][-1]["reason"] == "wrong bench"
    picker = await make_client(seller, rights=frozenset({Right.FULFILMENT_READ, Right.FULFILMENT_PICK}))
    denied = await picker.post(f"/api/v1/orders/{order}/force", json={"stage": "packing", "reason": "x"})
    assert denied.status_code == 403


async def test_work_is_handed_out_the_most_urgent_first(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=9, CUP={"B": 5})
    assert (await client.post("/api/v1/pick-lists/next", json={})).json() is None
    two = await floor.order(("MUG", 1), ("CUP", 1))
    urgent = await floor.order(("MUG", 1))
    await floor.rows("UPDATE sales_order SET ship_by = now() WHERE id = :id RETURNING id", id=urgent)
    assert (await client.post("/api/v1/pick-lists/next", json={"mode": None})).json() is None
    one = (await client.post("/api/v1/pick-lists/next", json={"mode": "single"})).json()
    assert {line["order_id"] for line in one["lines"]} == {str(urgent)}
    own = (await client.post("/api/v1/pick-lists/next", json={"mode": "batch"})).json()
    assert own["pick_list"]["id"] == one["pick_list"]["id"]
    await client.post(
        f"/api/v1/pick-lists/{own['pick_list']['id']}/picks", json={"picks": [{"line_id": own["lines"][0]["id"]}]}
    )
    assert (await client.post("/api/v1/pick-lists/next", json={"mode": "singles"})).json() is None
    rest = (await client.post("/api/v1/pick-lists/next", json={})).json()
    assert {line["order_id"] for line in rest["lines"]} == {str(two)}
