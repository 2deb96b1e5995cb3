"""The simulated Temu: its gate, its controls, and that bol's protocol does not open its shops."""

import time
from typing import Any

import httpx
import pytest

from entrepot.connectors.temu.signing import signed_body
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.options import DEFAULT_ACCOUNTS, TEMU_ACCOUNTS, RateLimit
from entrepot.sandbox.temu.shop import Shops
from entrepot.sandbox.world import World
from tests.sandbox.conftest import MakeWorld

pytestmark = pytest.mark.anyio

KEY, SECRET, TOKEN = "sandbox-temu-app", "sandbox-temu-secret-1", "sandbox-temu-token-1"


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(orders=6, accounts=(*DEFAULT_ACCOUNTS, *TEMU_ACCOUNTS))


@pytest.fixture
def http(world: World) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox")


async def ask(http: httpx.AsyncClient, kind: str, *, secret: str = SECRET, **params: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    common = {
        "type": kind,
        "app_key": KEY,
        "access_token": TOKEN,
        "data_type": "JSON",
        "timestamp": int(time.time()),
    }
    answer = await http.post("/openapi/router", content=signed_body(secret, common | params))
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert body["success"] is (body["errorCode"] == 1000000)
    return body


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 1000000),
        ({"secret": "another"}, 3000001),
        ({"app_key": "nobody"}, 3000026),
        ({"access_token": "of another region"}, 3000031),
        ({"timestamp": 1_700_000_000}, 3000012),
        ({"timestamp": 4_000_000_000}, 3000011),
        ({"timestamp": None}, 3000010),
        ({"data_type": "XML"}, 3000014),
    ],
)
async def test_the_gate(http: httpx.AsyncClient, changes: dict[str, Any], code: int) -> None:
    assert (await ask(http, "bg.open.accesstoken.info.get", **changes))["errorCode"] == code


async def test_a_body_changed_on_its_way_is_refused(http: httpx.AsyncClient) -> None:
    body = signed_body(
        SECRET,
        {
            "type": "bg.order.list.v2.get",
            "app_key": KEY,
            "access_token": TOKEN,
            "data_type": "JSON",
            "timestamp": int(time.time()),
            "parentOrderSnList": ["PO-1"],
        },
    )

    answer = await http.post("/openapi/router", content=body.replace(b"PO-1", b"PO-2"))

    assert answer.json()["errorCode"] == 3000001


async def test_unknown_calls_and_bad_parameters(http: httpx.AsyncClient) -> None:
    assert (await ask(http, "bg.nothing"))["errorCode"] == 3000003
    assert (await ask(http, "bg.order.list.v2.get", pageSize=101))["errorCode"] == 3000000
    assert (await ask(http, "bg.order.list.v2.get", updateAtStart=1))["errorCode"] == 3000000
    assert (await ask(http, "bg.order.detail.v2.get", parentOrderSn="PO-1"))["errorCode"] == 140020002
    assert (await ask(http, "bg.local.goods.sku.list.query", skuSearchType=4, skuStatusFilterType=0))[
        "errorCode"
    ] == 3000000


async def test_both_shapes_of_requests(http: httpx.AsyncClient) -> None:
    flat = await ask(http, "bg.order.list.v2.get", pageNumber=1, pageSize=2)
    nested = await ask(http, "bg.order.list.v2.get", request={"pageNumber": 1, "pageSize": 2})

    assert len(flat["result"]["pageItems"]) == 2
    assert flat["result"] == nested["result"]


async def test_a_used_key_of_a_request_is_refused(http: httpx.AsyncClient) -> None:
    query: dict[str, Any] = {
        "goodsId": 601_000_000_000_000,
        "skuStockTargetList": [{"skuId": 17_000_000_000_000, "stockTarget": 5}],
    }

    first = await ask(http, "bg.local.goods.stock.edit", requestUniqueKey="once", **query)
    again = await ask(http, "bg.local.goods.stock.edit", requestUniqueKey="once", **query)

    assert first["result"]["operateResult"] is True
    assert again["errorCode"] == 2000000


async def test_goods_are_listed(http: httpx.AsyncClient) -> None:
    query: dict[str, Any] = {"pageNo": 1, "pageSize": 5, "goodsStatusFilterType": 0}
    answer = await ask(http, "bg.local.goods.list.query", goodsSearchType=1, **query)

    assert len(answer["result"]["goodsList"]) == 5
    assert (await ask(http, "bg.local.goods.list.query", goodsSearchType=5, **query))["result"]["total"] == 0


async def test_a_limit(make_world: MakeWorld) -> None:
    world = make_world(orders=1, accounts=TEMU_ACCOUNTS, rate_limits={"*": RateLimit(20, 1)})
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        codes = [(await ask(http, "bg.open.accesstoken.info.get"))["errorCode"] for _ in range(21)]

    assert codes == [1000000] * 20 + [4000004]


async def test_the_controls(http: httpx.AsyncClient, world: World) -> None:
    page = (await http.get("/temu")).text
    assert KEY in page
    for command, value in (
        ("token", "0"),
        ("masked", ""),
        ("may_decrypt", ""),
        ("withheld", "2"),
        ("hook", "http://x"),
    ):
        answer = await http.post("/temu/do", data={"command": command, "app_key": KEY, "value": value})
        assert answer.status_code == 303
    assert (await http.post("/temu/do", data={"command": "nonsense", "app_key": KEY})).status_code == 303
    assert (await http.post("/temu/do", data={"command": "token", "app_key": "x", "value": "1"})).status_code == 303
    state = Shops.of(world).by_key[KEY].state
    assert (state.masked, state.may_decrypt, state.withheld_one_in, state.hook) == (True, False, 2, "http://x")
    assert (await ask(http, "bg.open.accesstoken.info.get"))["errorCode"] == 3000034
    answer = await http.post("/sandbox/api/temu", json={"token_days": 30, "masked": False})
    assert answer.json()[0]["masked"] is False
    assert (await ask(http, "bg.open.accesstoken.info.get"))["errorCode"] == 1000000
    assert (await http.post("/sandbox/api/temu/storm", json={"count": 7})).json() == {"sent": 7}


async def test_a_temu_shop_does_not_open_at_bols_gate(http: httpx.AsyncClient) -> None:
    answer = await http.post("/token?grant_type=client_credentials", auth=(KEY, SECRET))

    assert answer.status_code == 401


async def test_a_restarted_world_knows_its_shops(make_world: MakeWorld, tmp_path: Any) -> None:  # noqa: ANN401 -- a path
    first = make_world(orders=2, accounts=TEMU_ACCOUNTS, state=tmp_path)
    shop = Shops.of(first).by_key[KEY]
    shop.state.hook, shop.state.masked = "http://x", True
    shop.save()
    first.close()

    again = Shops.of(make_world(orders=2, accounts=TEMU_ACCOUNTS, state=tmp_path)).by_key[KEY]

    assert (again.state.hook, again.state.masked, len(again.account.orders)) == ("http://x", True, 2)
