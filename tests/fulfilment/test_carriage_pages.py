"""Pages and API of carriage as a browser without scripts and a program use them."""

from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.sandbox.faults import Fault
from tests.conftest import MakeClient
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_carriage import connect_dhl, connect_sendcloud, express, killed_at_dhl, rule
from tests.fulfilment.test_labels import packed
from tests.fulfilment.test_way_through import ship

pytestmark = pytest.mark.anyio


def use(client: httpx.AsyncClient, floor: Floor) -> None:
    """Let the application's carriers be those of the floor's world."""
    client._transport.app.state.carrier_lines = floor.lines  # type: ignore[attr-defined]  # noqa: SLF001 -- no other way to the app


async def test_rules_are_made_ordered_tried_and_removed(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await express(floor)
    carrier = f"{account.id}:standard"
    assert "No rules yet" in (await client.get("/carriers/rules")).text
    assert (await client.get("/carriers/rules/new")).status_code == 200
    wrong = await client.post("/carriers/rules/new", data={"countries": "Germany", "carrier": carrier})
    assert wrong.status_code == 422
    assert "Give countries as two letters" in wrong.text
    for country in ("DE", "NL"):
        values = {"countries": country, "most_kg": "4,5", "carrier": carrier}
        assert (await client.post("/carriers/rules/new", data=values)).status_code == 303
    rows = await floor.rows("SELECT id FROM carrier_rule ORDER BY position")
    first, second = rows[0][0], rows[1][0]
    shown = (await client.get("/carriers/rules")).text
    assert shown.index("to DE, up to 4.5 kg") < shown.index("to NL, up to 4.5 kg")
    assert (await client.post(f"/carriers/rules/{second}/move", data={"to": "1"})).status_code == 303
    shown = (await client.get("/carriers/rules")).text
    assert shown.index("to NL, up to 4.5 kg") < shown.index("to DE, up to 4.5 kg")
    tried = (await client.get("/carriers/rules", params={"country": "de", "kg": "2"})).text
    assert "Takes it" in tried
    assert "goes to DE, not to NL" in tried
    none = (await client.get("/carriers/rules", params={"country": "de", "kg": "9"})).text
    assert "No rule fits" in none
    bad = (await client.get("/carriers/rules", params={"country": "de", "kg": "heavy"})).text
    assert "Enter numbers" in bad
    edit = await client.get(f"/carriers/rules/{first}")
    assert 'value="4.5"' in edit.text
    changed = await client.post(f"/carriers/rules/{first}", data={"countries": "AT", "carrier": carrier})
    assert changed.status_code == 303
    assert (await client.post(f"/carriers/rules/{first}/off")).status_code == 303
    assert "Switched off" in (await client.get("/carriers/rules")).text
    assert (await client.post(f"/carriers/rules/{second}/remove")).status_code == 303
    assert await floor.rows("SELECT position FROM carrier_rule") == [(1,)]


async def test_the_packer_is_asked_when_no_rule_fits(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await express(floor)
    await rule(floor, account, "standard", countries="DE")
    parcel = await packed(floor)
    [[order]] = await floor.rows("SELECT order_id FROM parcel")
    refused = await client.post(f"/fulfilment/pack/parcels/{parcel}/label-and-ship")
    assert refused.status_code == 422
    assert "None of the 1 rules fits" in refused.text
    chosen = {"carrier": f"{account.id}:standard"}
    assert (await client.post(f"/fulfilment/pack/parcels/{parcel}/label-and-ship", data=chosen)).status_code == 303
    assert "chose Express" in (await client.get(f"/fulfilment/pack/{order}")).text


async def test_problems_are_shown_and_cleared_with_a_reason(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    station = f"/fulfilment/pack/parcels/{parcel}/label-and-ship"
    assert (await client.post(station, data={"carrier": f"{account.id}:V01PAK"})).status_code == 422
    page = (await client.get("/fulfilment/problems?kind=label")).text
    assert "V01PAK is for Germany only" in page
    assert "Parcels with problems" in (await client.get("/fulfilment/shipments")).text
    [[problem]] = await floor.rows("SELECT id FROM parcel_problem")
    empty = await client.post(f"/fulfilment/problems/{problem}/clear", data={"reason": ""})
    assert (empty.status_code, "Say what was done" in empty.text) == (422, True)
    done = await client.post(f"/fulfilment/problems/{problem}/clear", data={"reason": "Sent with PostNL"})
    assert done.status_code == 303
    assert "Sent with PostNL" in (await client.get("/fulfilment/problems?done=1")).text
    assert "No problems" in (await client.get("/fulfilment/problems")).text


async def test_a_lost_answer_is_settled_at_the_shipment(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    parcel, shipment, number = await killed_at_dhl(floor)
    page = f"/fulfilment/shipments/{shipment}"
    assert (await client.post(f"{page}/retry-label")).status_code == 422
    shown = (await client.get(page)).text
    assert "Perhaps booked already" in shown
    assert shipment.hex in shown
    unknown = await client.post(f"{page}/adopt-label", data={"number": "007"})
    assert unknown.status_code == 422
    assert (await client.post(f"{page}/adopt-label", data={"number": number})).status_code == 303
    assert number in (await client.get(page)).text
    assert (await client.post(f"{page}/book-again")).status_code == 422
    assert isinstance(parcel, UUID)


async def test_a_lost_answer_is_booked_again(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await connect_dhl(floor)
    parcel = await packed(floor)
    floor.world.faults.add(Fault(kind="503", count=1, endpoint="POST /dhl/*"))
    station = f"/fulfilment/pack/parcels/{parcel}/label-and-ship"
    assert (await client.post(station, data={"carrier": f"{account.id}:"})).status_code == 422
    [[shipment]] = await floor.rows("SELECT id FROM shipment")
    assert (await client.post(f"/fulfilment/shipments/{shipment}/book-again")).status_code == 303
    assert await floor.rows("SELECT state FROM shipment") == [("labelled",)]


async def test_the_day_is_closed_by_hand(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await express(floor)
    nothing = await client.post(f"/fulfilment/manifests/close/{account.id}")
    assert (nothing.status_code, "No parcel of Express left" in nothing.text) == (422, True)
    parcel = await packed(floor)
    await floor.desk().make(parcel)
    await ship(floor, parcel)
    assert "Close the day of Express" in (await client.get("/fulfilment/manifests")).text
    assert (await client.post(f"/fulfilment/manifests/close/{account.id}")).status_code == 303
    [[manifest]] = await floor.rows("SELECT id FROM manifest")
    assert str(manifest) in (await client.get("/fulfilment/manifests")).text
    document = await client.get(f"/fulfilment/manifests/{manifest}/1.pdf")
    assert document.content.startswith(b"%PDF-")
    assert (await client.get(f"/fulfilment/manifests/{manifest}/2.pdf")).status_code == 404


async def test_an_account_lists_its_services_and_its_quiet_days(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await connect_sendcloud(floor)
    page = f"/carriers/{account.id}"
    shown = (await client.get(page)).text
    assert "postnl:standard" in shown
    assert (await client.post(f"{page}/services")).status_code == 303
    values = {"name": "Sendcloud", "service": "postnl:standard", "public_key": "sandbox-sendcloud-key"}
    values["api_url"] = "http://sandbox.test/sendcloud/api/v3"
    assert (await client.post(page, data=values | {"quiet_days": "99"})).status_code == 422
    good = await client.post(page, data=values | {"quiet_days": "9"})
    assert good.status_code == 303, good.text
    assert await floor.rows("SELECT quiet_days FROM carrier_settings") == [(9,)]


async def test_who_may_not_ship_closes_nothing(make_client: MakeClient, floor: Floor, seller: SellerRef) -> None:
    client = await make_client(seller, rights={Right.FULFILMENT_READ})
    account = await express(floor)
    assert (await client.post(f"/fulfilment/manifests/close/{account.id}")).status_code == 403
    assert (await client.get("/carriers/rules")).status_code == 403
    assert (await client.get("/fulfilment/problems")).status_code == 200


async def test_programs_do_the_same(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    account = await connect_sendcloud(floor)
    body = {
        "countries": ["NL"],
        "most_g": 5000,
        "carrier_account_id": str(account.id),
        "service": "postnl:standard",
    }
    made = await client.post("/api/v1/carrier-rules", json=body)
    assert made.status_code == 201, made.text
    rule_id = made.json()["id"]
    wrong = await client.post("/api/v1/carrier-rules", json=body | {"least_g": 9000})
    assert wrong.status_code == 422, wrong.text
    assert (await client.post(f"/api/v1/carrier-rules/{rule_id}/move", json={"position": 1})).status_code == 200
    changed = await client.put(f"/api/v1/carrier-rules/{rule_id}", json=body | {"countries": ["NL", "BE"]})
    assert changed.json()["countries"] == ["NL", "BE"]
    [listed] = (await client.get("/api/v1/carrier-rules")).json()["items"]
    assert listed["id"] == rule_id
    parcel = await packed(floor)
    rates = await client.get(f"/api/v1/parcels/{parcel}/rates")
    assert rates.status_code == 200, rates.text
    assert {rate["service"] for rate in rates.json()["items"]} >= {"postnl:standard", "dpd:home"}
    await floor.desk().make(parcel)
    await ship(floor, parcel)
    closed = await client.post("/api/v1/manifests", json={"carrier_account_id": str(account.id)})
    assert closed.status_code == 201, closed.text
    [manifest] = (await client.get("/api/v1/manifests")).json()["items"]
    assert manifest["parcels"] == 1
    assert (await client.get("/api/v1/parcel-problems")).json()["items"] == []
    nobody = "018f0000-0000-7000-8000-000000000001"
    missing = await client.post(f"/api/v1/parcel-problems/{nobody}/clear", json={"reason": "x"})
    assert missing.status_code == 404
    assert (await client.delete(f"/api/v1/carrier-rules/{rule_id}")).status_code == 204


async def test_the_station_shows_rates(client: httpx.AsyncClient, floor: Floor) -> None:
    use(client, floor)
    await connect_sendcloud(floor)
    parcel = await packed(floor)
    shown = await client.get(f"/fulfilment/pack/parcels/{parcel}/rates")
    assert shown.status_code == 200, shown.text
    assert "PostNL Standard" in shown.text
    assert "6.75" in shown.text
    floor.world.faults.add(Fault(kind="503", endpoint="POST /sendcloud/*"))
    away = await client.get(f"/fulfilment/pack/parcels/{parcel}/rates")
    assert "cannot be reached" in away.text
