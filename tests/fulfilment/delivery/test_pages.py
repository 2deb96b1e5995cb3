"""Delivery in the browser's eyes: dispatch, counter, routes, the driver's page, cut-off times, carrier changes."""

import base64
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import Right
from entrepot.fulfilment.delivery.views import proofs_of, stops_of
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.clock import now
from entrepot.kit.database import Actor
from tests.conftest import MakeClient
from tests.fulfilment.delivery.test_pictures import PNG, jpeg
from tests.fulfilment.delivery.test_routes import packed
from tests.fulfilment.floor import Floor

pytestmark = pytest.mark.anyio

JSON = {"accept": "application/json"}


async def leaves_by(floor: Floor, how: HandOver, *lines: tuple[str, int]) -> tuple[UUID, str]:
    order, parcel = await packed(floor, *lines)
    async with floor.transaction() as session:
        await FulfilmentService(session).wishes.choose(order, how)
    return order, parcel


async def test_what_is_ready_is_found_and_handed_over_at_the_counter_once(
    client: httpx.AsyncClient, floor: Floor
) -> None:
    await floor.stock(MUG=5)
    order, parcel = await leaves_by(floor, HandOver.COUNTER, ("MUG", 1))
    dispatch = await client.get("/fulfilment/dispatch")
    assert dispatch.status_code == 200
    assert parcel in dispatch.text
    scanned = await client.get("/fulfilment/counter", params={"code": parcel.lower()}, follow_redirects=False)
    assert scanned.headers["location"] == f"/fulfilment/counter/{order}"
    assert parcel in (await client.get("/fulfilment/counter", params={"q": "vries"})).text
    assert (await client.get("/fulfilment/counter", params={"code": "?"})).status_code == 404
    page = f"/fulfilment/counter/{order}"
    nobody = await client.post(page, data={"received_by": " "})
    assert nobody.status_code == 422
    assert "Who took it?" in nobody.text
    drawn = "data:image/png;base64," + base64.b64encode(PNG).decode()
    form = {"received_by": "J. de Vries", "client_id": "till-1", "signature": drawn}
    for _ in range(2):
        done = await client.post(page, data=form, headers=JSON, follow_redirects=False)
        assert done.status_code == 303
    assert await floor.status(order) == "delivered"
    async with floor.transaction() as session:
        proofs = await proofs_of(session, order)
    assert [(one.kind, one.name, one.media_type) for one in proofs] == [("signature", "J. de Vries", "image/png")]
    got = await client.get(f"/documents/{proofs[0].document_id}")
    assert got.headers["content-disposition"].startswith("attachment")
    assert str(proofs[0].document_id) in (await client.get(f"/orders/{order}")).text


async def test_a_driver_reports_from_the_phone_and_a_replay_does_no_harm(
    make_client: MakeClient, seller: SellerRef, floor: Floor
) -> None:
    await floor.stock(MUG=5)
    one, first = await leaves_by(floor, HandOver.DRIVER, ("MUG", 1))
    two, second = await leaves_by(floor, HandOver.DRIVER, ("MUG", 2))
    dan = Principal(
        actor=Actor("user", "dan", "Dan"), rights=frozenset({Right.ROUTES_DRIVE}), sellers=(seller,), seller=seller
    )
    phone, eve = await make_client(principal=dan), await make_client(seller, frozenset({Right.ROUTES_DRIVE}))
    async with floor.transaction() as session:
        planning = FulfilmentService(session).planning
        route = await planning.make_route(seller.id, now().date(), ("dan", "Dan"))
        await planning.add(route.id, [one, two])
    base = f"/fulfilment/drive/{route.id}"
    assert route.number in (await phone.get("/fulfilment/drive")).text
    assert (await eve.get(base, headers=JSON)).json()["type"].endswith("fulfilment.not_your_route")
    wrong = await phone.post(f"{base}/load", data={"code": "xyz"})
    assert "No parcel is called “xyz”" in wrong.text
    for code in (first, second):
        assert "is loaded" in (await phone.post(f"{base}/load", data={"code": code})).text
    assert (await phone.post(f"{base}/start", follow_redirects=False)).status_code == 303
    async with floor.transaction() as session:
        at = {stop.order_id: stop.id for stop in await stops_of(session, route.id)}
    page = await phone.get(base)
    for there in ("geo:0,0?q=", "https://www.openstreetmap.org/", first, "1015 CS"):
        assert there in page.text
    report = {"received_by": "B. Jansen", "client_id": "c1", "at": now().isoformat()}
    for _ in range(2):
        files = {"photo": ("door.jpg", jpeg(exif=True), "image/jpeg")}
        sent = await phone.post(
            f"{base}/stops/{at[one]}/delivered", data=report, files=files, headers=JSON, follow_redirects=False
        )
        assert sent.status_code == 303
    page_of_two = f"{base}/stops/{at[two]}"
    html = {"photo": ("door.html", b"<script>alert(1)</script>", "image/jpeg")}
    refused = await phone.post(
        f"{page_of_two}/failed", data={"reason": "refused", "client_id": "c2"}, files=html, headers=JSON
    )
    assert refused.json()["type"].endswith("fulfilment.proof_kind")
    failed = await phone.post(f"{page_of_two}/failed", data={"reason": "refused", "client_id": "c2"}, headers=JSON)
    assert failed.status_code in {200, 303}
    assert (await phone.post(f"{base}/finish", follow_redirects=False)).status_code == 303
    async with floor.transaction() as session:
        proofs = await proofs_of(session, one)
        assert [proof.kind for proof in proofs] == ["photo"]
        assert not await proofs_of(session, two)
    planner = await make_client(seller)
    assert "Refused" in (await planner.get("/fulfilment/routes")).text
    report_page = await planner.get(f"/fulfilment/routes/{route.id}")
    assert "B. Jansen" in report_page.text
    back = await planner.post(f"/fulfilment/routes/back/{two}", data={"location": "b-01"}, follow_redirects=False)
    assert back.status_code == 303


async def test_cut_off_times_colour_and_sort_the_floor(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=5)
    order, _ = await packed(floor, ("MUG", 1))
    bad = await client.post("/fulfilment/cut-offs/times", data={"carrier": "", "day0": "25:99"})
    assert bad.status_code == 422
    times = {f"day{day}": "00:01" for day in range(7)}
    saved = await client.post("/fulfilment/cut-offs/times", data={"carrier": "", **times}, follow_redirects=False)
    assert saved.status_code == 303
    body = {"day": "2026-12-25", "name": "Christmas"}
    assert (await client.post("/api/v1/cut-offs/holidays", json=body)).json()["holidays"][0]["name"] == "Christmas"
    page = (await client.get("/fulfilment/cut-offs")).text
    assert "00:01" in page
    assert "Christmas" in page
    item = (await client.get("/api/v1/dispatch")).json()["items"][0]
    assert item["order"]["order_id"] == str(order)
    assert item["time_left"]["urgency"] in {"late", "soon", "fine"}
    assert "Ready until" in (await client.get("/fulfilment/floor")).text


async def test_a_packed_parcel_changes_its_carrier_and_it_is_kept_who_wanted_that(
    client: httpx.AsyncClient, floor: Floor
) -> None:
    await floor.stock(MUG=5)
    order, _ = await packed(floor, ("MUG", 1))
    (parcel,), (account,) = (
        (await floor.rows("SELECT id FROM parcel WHERE order_id = :id", id=order))[0],
        (await floor.rows("SELECT id FROM carrier_account"))[0],
    )
    assert isinstance(parcel, UUID)
    client._transport.app.state.carrier_lines = floor.lines  # type: ignore[attr-defined]  # noqa: SLF001 -- the sandbox's
    first = await floor.desk().make(parcel)
    page = f"/fulfilment/delivery/{order}"
    services = (
        [row["code"] for row in (await client.get(f"/api/v1/carriers/{account}/services")).json()["items"]]
        if False
        else []
    )
    del services
    unsaid = await client.post(f"{page}/carrier", data={"parcel": str(parcel), "to": "counter", "reason": " "})
    assert "Reason missing" in unsaid.text
    moved = await client.post(
        f"{page}/carrier",
        data={"parcel": str(parcel), "to": "counter", "reason": "picks it up"},
        follow_redirects=False,
    )
    assert moved.status_code == 303
    states = await floor.rows("SELECT state FROM shipment WHERE order_id = :id", id=order)
    assert states == [("cancelled",)]
    again = await client.post(
        f"/api/v1/parcels/{parcel}/carrier", json={"reason": "rather sent", "carrier_account_id": str(account)}
    )
    assert again.json()["state"] == "labelled"
    same = {"reason": "once more", "carrier_account_id": str(account), "service": again.json()["service"]}
    assert (await client.post(f"/api/v1/parcels/{parcel}/carrier", json=same)).json()["type"].endswith("same_carrier")
    changes = (await client.get(f"/api/v1/orders/{order}/delivery")).json()["carrier_changes"]
    assert [(one["from_carrier"], one["to_carrier"], one["reason"]) for one in changes] == [
        ("", "Express", "rather sent"),
        ("Express", "Counter", "picks it up"),
    ]
    assert changes[1]["from_tracking"] == first.tracking_code
    assert "picks it up" in (await client.get(page)).text


async def test_a_pick_up_point_is_chosen_and_is_on_the_label(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=5)
    order, _ = await packed(floor, ("MUG", 1))
    account = (await floor.rows("SELECT id FROM carrier_account"))[0][0]
    client._transport.app.state.carrier_lines = floor.lines  # type: ignore[attr-defined]  # noqa: SLF001 -- the sandbox's
    near = {"country": "NL", "postcode": "3511 AB"}
    points = (await client.get(f"/api/v1/carriers/{account}/service-points", params=near)).json()["items"]
    page = f"/fulfilment/delivery/{order}"
    shown = await client.get(page, params={"account": str(account), **near})
    assert points[0]["name"] in shown.text
    chosen = {"account": str(account), "point": points[0]["point_id"], **near}
    assert (await client.post(f"{page}/point", data=chosen, follow_redirects=False)).status_code == 303
    gone = await client.post(f"{page}/point", data=chosen | {"point": "nowhere"})
    assert "Pick-up point not found" in gone.text
    parcel = (await floor.rows("SELECT id FROM parcel WHERE order_id = :id", id=order))[0][0]
    assert isinstance(parcel, UUID)
    shipment = await floor.desk().make(parcel)
    assert shipment.request["service_point"] == points[0]["point_id"]
    late = await client.put(f"/api/v1/orders/{order}/delivery", json={"how": "counter"})
    assert late.json()["type"].endswith("too_late_to_choose")
