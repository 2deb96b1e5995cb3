"""Sandbox Express: booking, labels, travel, tracking."""

import io
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from entrepot.sandbox.carrier.label import zpl
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import ADDRESS, KEY, Seller

pytestmark = pytest.mark.anyio


@pytest.fixture
def seller(make_world: MakeWorld) -> Seller:
    return Seller(make_world(speed=0, carrier_speed=60))


async def get(seller: Seller, url: str) -> httpx.Response:
    return await seller.http.get(url, headers=KEY)


async def test_a_parcel_is_booked_once_per_reference(seller: Seller) -> None:
    booked, again = await seller.book(), await seller.book()
    assert (booked.status_code, again.status_code) == (201, 200)
    assert booked.json() == again.json()
    assert booked.json()["tracking_code"].startswith("SBX")
    other = await seller.book(weight_grams=99)
    assert other.status_code == 409
    assert other.json()["detail"] == "Reference parcel-1 was used for another shipment: choose a new reference."
    assert (await seller.book(reference="parcel-2")).json()["tracking_code"] != booked.json()["tracking_code"]


async def test_without_the_key_nothing_happens(seller: Seller) -> None:
    answer = await seller.http.post("/carrier/shipments", json={}, headers={"X-API-Key": "guess"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"weight_grams": 0}, "weight_grams", "Give the weight in grams, more than 0."),
        (
            {"weight_grams": 31_501},
            "weight_grams",
            "A parcel weighs at most 31.5 kg, this one 31.501 kg: split it into several.",
        ),
        ({"reference": " "}, "reference", "Give a reference: it makes sure that asking twice makes one parcel."),
        ({"recipient": ADDRESS | {"city": ""}}, "recipient.city", "The recipient's city is missing."),
        ({"sender": {}}, "sender.postal_code", "The sender's postal code is missing."),
        (
            {"recipient": ADDRESS | {"country": "Germany"}},
            "recipient.country",
            "The recipient's country is not a code of two capital letters, such as NL.",
        ),
        (
            {"recipient": ADDRESS | {"name": "x" * 61}},
            "recipient.name",
            "The recipient's name is longer than 60 characters.",
        ),
    ],
)
async def test_a_wrong_booking_gets_a_sentence(
    seller: Seller, change: dict[str, Any], field: str, message: str
) -> None:
    answer = await seller.book(**change)
    assert answer.status_code == 422
    assert {"field": field, "message": message} in answer.json()["errors"]


async def test_a_body_that_cannot_be_read_is_refused(seller: Seller) -> None:
    answer = await seller.http.post("/carrier/shipments", content=b"{", headers=KEY)
    assert answer.status_code == 400
    assert (await seller.book(weight_grams="heavy")).status_code == 400


async def test_the_pdf_label_is_four_by_six_inches_and_says_where_to(seller: Seller) -> None:
    parcel = (await seller.book()).json()
    answer = await get(seller, parcel["label_pdf_url"])
    assert answer.headers["content-type"] == "application/pdf"
    (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    assert (page.mediabox.width, page.mediabox.height) == (288, 432)
    text = page.extract_text()
    for wanted in ("SANDBOX EXPRESS", "Jürgen Größmann", "Hauptstraße 12 A", "50667 Köln", parcel["tracking_code"]):
        assert wanted in text
    assert (await get(seller, parcel["label_pdf_url"])).content == answer.content


async def test_the_zpl_label_has_a_barcode(seller: Seller) -> None:
    parcel = (await seller.book()).json()
    text = (await get(seller, parcel["label_zpl_url"])).text
    assert text.startswith("^XA")
    assert text.endswith("^XZ\n")
    assert f"^BCN,240,Y,N,N^FD{parcel['tracking_code']}^FS" in text


async def test_an_address_cannot_command_the_printer(seller: Seller) -> None:
    hostile = ADDRESS | {"name": '^XZ~JA "#[*_$', "city": "#eval()\\"}
    parcel = (await seller.book(recipient=hostile)).json()
    label = zpl(seller.world.parcels.parcels[parcel["shipment_id"]])
    assert label.count("^XZ") == 1
    assert "~" not in label
    page = pypdf.PdfReader(io.BytesIO((await get(seller, parcel["label_pdf_url"])).content)).pages[0]
    assert "#eval()" in page.extract_text()


async def test_a_parcel_travels_with_the_clock(seller: Seller) -> None:
    code = (await seller.book()).json()["tracking_code"]

    async def events() -> list[tuple[str, str]]:
        tracked = (await get(seller, f"/carrier/tracking/{code}")).json()
        return [(event["code"], event["at"]) for event in tracked["events"]]

    assert await events() == [("label_created", "2026-11-23T09:00:00Z")]
    seller.world.clock.advance(8 * 60)
    assert (await events())[-1] == ("accepted", "2026-11-23T09:08:00Z")
    seller.world.clock.advance(3600)
    assert [code for code, _ in await events()] == [
        "label_created",
        "accepted",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert (await events())[-1][1] == "2026-11-23T09:30:00Z"


async def test_the_carriers_speed_can_change_on_the_way(seller: Seller) -> None:
    code = (await seller.book()).json()["tracking_code"]
    seller.world.clock.advance(7 * 60)
    await seller.control("POST", "/speed", {"carrier_speed": 0})
    seller.world.clock.advance(3600)
    assert (await get(seller, f"/carrier/tracking/{code}")).json()["status"] == "label_created"
    await seller.control("POST", "/speed", {"carrier_speed": 1})
    seller.world.clock.advance(3600)
    assert (await get(seller, f"/carrier/tracking/{code}")).json()["status"] == "accepted"


async def test_a_parcel_can_be_cancelled_before_the_first_scan(seller: Seller) -> None:
    parcel = (await seller.book()).json()
    path = f"/carrier/shipments/{parcel['shipment_id']}"
    for _ in range(2):
        assert (await seller.http.delete(path, headers=KEY)).status_code == 204
    assert (await get(seller, parcel["label_pdf_url"])).status_code == 410
    assert (await get(seller, path)).json()["status"] == "cancelled"
    seller.world.clock.advance(24 * 3600)
    assert (await get(seller, f"/carrier/tracking/{parcel['tracking_code']}")).json()["status"] == "cancelled"
    again = await seller.book()
    assert again.status_code == 201
    await seller.control("POST", f"/parcels/{again.json()['tracking_code']}/scan")
    late = await seller.http.delete(f"/carrier/shipments/{again.json()['shipment_id']}", headers=KEY)
    assert late.status_code == 409
    assert "can no longer be cancelled" in late.json()["detail"]


@pytest.mark.parametrize("path", ["shipments/nope", "labels/nope.pdf", "labels/sx-000001.doc", "tracking/nope"])
async def test_what_does_not_exist_is_not_found(seller: Seller, path: str) -> None:
    await seller.book()
    assert (await get(seller, f"/carrier/{path}")).status_code == 404


async def test_a_restarted_world_knows_its_parcels(make_world: MakeWorld, tmp_path: Path) -> None:
    before = Seller(make_world(speed=0, state=tmp_path))
    parcel = (await before.book()).json()
    after = Seller(make_world(speed=0, state=tmp_path))
    assert (await after.book()).json() == parcel
    after.world.clock.advance(24 * 3600)
    assert (await get(after, f"/carrier/tracking/{parcel['tracking_code']}")).json()["status"] == "delivered"
