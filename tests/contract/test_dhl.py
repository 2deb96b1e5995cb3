"""DHL's official specification (Parcel DE Shipping v2), served by Prism, accepts every request of the connector.

Tracking has no specification that Prism could serve, only an example: its parameters are compared with that.
Run by ``make contract``.
"""

import base64
import json
from collections.abc import AsyncGenerator
from datetime import date

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from entrepot.channels.line import Line
from entrepot.connectors.dhl import SPEC
from entrepot.connectors.dhl.connector import Dhl
from entrepot.connectors.dhl.countries import THREE_LETTERS
from entrepot.fulfilment.contract import LabelRequest, Milestone, PostalAddress
from tests.contract.prism import SPECS, Bench, Prism, needs_prism

FOLDER = SPECS / "carriers"
BASE = "/parcel/de/shipping/v2"
CREDENTIALS = SPEC.credentials(
    api_key=SecretStr("key"),
    username="user",
    password=SecretStr("password"),
    ekp="3333333333",
    api_url="http://dhl.test",
)
SENDER = PostalAddress(
    company="Blue Mugs", street="Kade", house_number="3", postcode="53113", city="Bonn", country="DE", email="a@b.de"
)
BUYER = PostalAddress(
    first_name="Ruth",
    last_name="Reader",
    company="Reader GmbH",
    street="Kurt-Schumacher-Straße",
    house_number="20",
    house_number_extension="a",
    extra="Hinterhaus",
    postcode="53113",
    city="Bonn",
    country="DE",
    email="ruth@example.org",
)
REQUEST = LabelRequest(
    reference="018f0000-0000-7000-8000-000000000001",
    service="V01PAK",
    sender=SENDER,
    recipient=BUYER,
    weight_g=1320,
    order_number="P-1001",
)
BOOKED = httpx.Response(
    200,
    json={
        "items": [
            {
                "shipmentNo": "00340434161094042557",
                "sstatus": {"title": "OK", "statusCode": 200},
                "label": {"b64": base64.b64encode(b"%PDF-1.7").decode()},
            }
        ]
    },
)
"""Prism's own label is no PDF."""

pytestmark = needs_prism(FOLDER)


@pytest.fixture(scope="module")
async def address(prism: Prism) -> str:
    return await prism.serve(FOLDER / "dhl_parcel_de" / "parcel-de-shipping-v2_2.yaml")


@pytest.fixture
async def bench(address: str) -> AsyncGenerator[Bench]:
    opened = Bench(address, BASE)
    yield opened
    await opened.aclose()
    assert opened.asked
    assert opened.refused == []


@pytest.fixture
def dhl(bench: Bench) -> Dhl:
    return Dhl(CREDENTIALS, Line(http=httpx.AsyncClient(transport=bench)))


async def test_signs_in(dhl: Dhl) -> None:
    assert await dhl.check() == "DHL 3333333333"


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        msgspec.structs.replace(REQUEST, service="V62KP", length_mm=300, width_mm=200, height_mm=50),
        msgspec.structs.replace(
            REQUEST,
            service="V53WPAK",
            recipient=msgspec.structs.replace(BUYER, country="NL", postcode="5611 EM", house_number=""),
        ),
        msgspec.structs.replace(REQUEST, recipient=msgspec.structs.replace(BUYER, country="IE", postcode="")),
    ],
    ids=["national", "small", "abroad", "no postcode"],
)
async def test_books_and_fetches_labels(dhl: Dhl, bench: Bench, request_: LabelRequest) -> None:
    bench.answers = {"POST /orders": BOOKED}
    assert (await dhl.create_label(request_)).tracking_code == "00340434161094042557"
    assert bench.asked == ["POST /orders", "GET /orders"]


async def test_finds_a_label_by_number(dhl: Dhl, bench: Bench) -> None:
    bench.answers = {"GET /orders": BOOKED}
    await dhl.find_label("00340434161094042557")
    assert bench.asked == ["GET /orders", "GET /orders"]


async def test_deletes(dhl: Dhl, bench: Bench) -> None:
    bench.answers = {"DELETE /orders": BOOKED}
    await dhl.cancel_label("00340434161094042557")


async def test_closes_the_day(dhl: Dhl, bench: Bench) -> None:
    await dhl.close_day([f"0034043416109404{number:04d}" for number in range(31)], date(2026, 11, 21))
    assert bench.asked == ["POST /manifests", "POST /manifests", "GET /manifests"]


@pytest.mark.parametrize("country", sorted(THREE_LETTERS))
async def test_writes_countries_as_dhl_does(dhl: Dhl, bench: Bench, country: str) -> None:
    recipient = msgspec.structs.replace(BUYER, country=country)
    bench.answers = {"POST /orders": BOOKED}
    await dhl.create_label(msgspec.structs.replace(REQUEST, recipient=recipient))


async def test_tracks_as_the_example_shows(bench: Bench) -> None:
    example = json.loads((FOLDER / "dhl_universal_tracking.json").read_bytes())
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=example["trackingResponse"])

    dhl = Dhl(CREDENTIALS, Line(http=httpx.AsyncClient(transport=httpx.MockTransport(answer))))
    events = await dhl.track("00340434161094042557")

    assert set(asked[0].url.params) <= set(example["trackingRequest"])
    assert asked[0].headers["dhl-api-key"] == "key"
    assert [event.milestone for event in events] == [Milestone.LABEL_CREATED]
    assert events[0].place
    bench.asked.append("nothing")


async def test_prism_refuses_what_breaks_the_specification(bench: Bench) -> None:
    async with httpx.AsyncClient(transport=bench, auth=("user", "password"), headers={"dhl-api-key": "key"}) as http:
        answer = await http.post(
            f"http://dhl.test{BASE}/orders", json={"profile": "x", "shipments": [{"product": "V01PAK", "refNo": "1"}]}
        )

    assert answer.status_code >= 400
    assert bench.refused.pop()
