"""Sendcloud's official specification (API v3), served by Prism, accepts every request that the connector makes.

Run by ``make contract``.
"""

from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from entrepot.channels.line import Line
from entrepot.connectors.sendcloud import SPEC
from entrepot.connectors.sendcloud.connector import Sendcloud
from entrepot.fulfilment.contract import LabelRequest, PostalAddress
from entrepot.fulfilment.contract_carriage import RateRequest
from tests.contract.prism import SPECS, Bench, Prism, needs_prism

FOLDER = SPECS / "carriers"
BASE = "/api/v3"
CREDENTIALS = SPEC.credentials(
    public_key="public", secret_key=SecretStr("secret"), api_url=f"http://sendcloud.test{BASE}"
)
SENDER = PostalAddress(
    company="Blue Mugs", street="Kade", house_number="3", postcode="3511 AB", city="Utrecht", country="NL"
)
BUYER = PostalAddress(
    first_name="Ruth",
    last_name="Reader",
    company="Reader BV",
    street="Stadhuisplein",
    house_number="10",
    house_number_extension="b",
    extra="2nd floor",
    postcode="5611 EM",
    city="Eindhoven",
    country="NL",
    email="ruth@example.org",
    phone="+31612345678",
)
REQUEST = LabelRequest(
    reference="018f0000-0000-7000-8000-000000000001",
    service="postnl:standard",
    sender=SENDER,
    recipient=BUYER,
    weight_g=1320,
    length_mm=200,
    width_mm=150,
    height_mm=50,
    order_number="P-1001",
)
SHIPMENT = {
    "id": "a1b2c3",
    "parcels": [{"id": 383707309, "status": {"code": "READY_TO_SEND"}, "tracking_number": "3SYZXG8498635"}],
}
ANSWERS = {
    "POST /shipments/announce": httpx.Response(201, json={"data": SHIPMENT}),
    "GET /parcels/383707309": httpx.Response(200, content=b"%PDF-1.7"),
}
"""Prism's own examples break the specification, and its labels are no PDF."""

pytestmark = needs_prism(FOLDER)


@pytest.fixture(scope="module")
async def address(prism: Prism) -> str:
    return await prism.serve(FOLDER / "sendcloud_v3_openapi.json")


@pytest.fixture
async def bench(address: str) -> AsyncGenerator[Bench]:
    opened = Bench(address, BASE)
    yield opened
    await opened.aclose()
    assert opened.asked
    assert opened.refused == []


@pytest.fixture
def sendcloud(bench: Bench) -> Sendcloud:
    return Sendcloud(CREDENTIALS, Line(http=httpx.AsyncClient(transport=bench)))


async def test_signs_in(sendcloud: Sendcloud) -> None:
    assert await sendcloud.check()


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        msgspec.structs.replace(REQUEST, length_mm=None, service_point="10168633"),
        msgspec.structs.replace(REQUEST, recipient=SENDER, sender=BUYER, order_number=""),
    ],
    ids=["door", "service point", "company"],
)
async def test_announces_and_fetches_labels(sendcloud: Sendcloud, bench: Bench, request_: LabelRequest) -> None:
    bench.answers = ANSWERS
    label = await sendcloud.create_label(request_)
    assert (label.carrier_shipment_id, label.tracking_code) == ("a1b2c3", "3SYZXG8498635")
    assert bench.asked == ["POST /shipments/announce", *["GET /parcels/383707309/documents/label"] * 2]


async def test_looks_up_its_reference(sendcloud: Sendcloud, bench: Bench) -> None:
    bench.answers = ANSWERS | {"GET /shipments": httpx.Response(200, json={"data": [SHIPMENT]})}
    await sendcloud.create_label(msgspec.structs.replace(REQUEST, in_doubt=True))
    assert bench.asked[0] == "GET /shipments"
    assert "POST /shipments/announce" not in bench.asked


async def test_cancels(sendcloud: Sendcloud) -> None:
    await sendcloud.cancel_label("a1b2c3")


async def test_tracks(sendcloud: Sendcloud) -> None:
    await sendcloud.track("3SYZXG8498635")


async def test_lists_services_and_rates(sendcloud: Sendcloud, bench: Bench) -> None:
    quote = {"price": {"total": {"value": "6.75", "currency": "EUR"}}, "lead_time": 24}
    option = {"code": "postnl:standard", "name": "PostNL", "quotes": [quote]}
    bench.answers = {"POST /shipping-options": httpx.Response(200, json={"data": [option]})}
    services = await sendcloud.services()
    rates = await sendcloud.quote(RateRequest(sender=SENDER, recipient=BUYER, weight_g=2000))
    assert services
    assert rates
    assert rates[0].cost is not None


async def test_prism_refuses_what_breaks_the_specification(bench: Bench) -> None:
    async with httpx.AsyncClient(transport=bench, auth=("public", "secret")) as http:
        answer = await http.post(
            f"{CREDENTIALS.api_url}/shipments/announce", json={"to_address": {"name": "Nobody"}, "parcels": []}
        )

    assert answer.status_code >= 400
    assert bench.refused.pop()
