"""What every connector must do.

Runs against every installed connector: a new one is tested by being registered, and cannot opt out.
"""

from pathlib import Path
from typing import Any

import httpx
import pytest

from entrepot.channels.contract import (
    CancelReason,
    CancelsLines,
    Capability,
    ChannelOffer,
    ConfirmsShipments,
    Connector,
    ImportsOrders,
    ListsCarriers,
    ProcessState,
    PublishesStock,
    RawDocument,
    ReadsOffers,
    ReportsProcesses,
    ShipmentNotice,
    ShippedLine,
    StockUpdate,
)
from entrepot.channels.credentials import is_secret, plain_values, redactor_for
from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
    UnreadableDocumentError,
)
from entrepot.channels.line import DocumentKey, Line
from entrepot.channels.protocols import PROTOCOLS
from entrepot.channels.registry import connectors
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit.errors import EntrepotError
from tests.connectors.replay import Recording, Replay

pytestmark = pytest.mark.anyio

RECORDINGS = Path(__file__).parent
MANUAL = Path(__file__).parents[2] / "docs" / "channels"
CAPABILITIES = [
    pytest.param(spec, capability, id=f"{key}-{capability}")
    for key, spec in connectors().items()
    for capability in sorted(spec.capabilities)
]
IMPORTERS = [
    pytest.param(spec, id=key) for key, spec in connectors().items() if Capability.IMPORT_ORDERS in spec.capabilities
]


@pytest.fixture(params=connectors().values(), ids=list(connectors()))
def spec(request: pytest.FixtureRequest) -> ConnectorSpec[Any]:
    found: ConnectorSpec[Any] = request.param
    return found


def recording(spec: ConnectorSpec[Any], what: str) -> Recording:
    return Recording.load(RECORDINGS / spec.key / "recordings" / f"{what}.json")


def connect(spec: ConnectorSpec[Any], transport: httpx.AsyncBaseTransport, **line: Any) -> Connector:  # noqa: ANN401 -- passed on
    """Connect over *transport* with the credentials of the recordings."""
    credentials = spec.credentials.model_validate(recording(spec, "check").credentials)
    return spec.connect(credentials, Line(http=httpx.AsyncClient(transport=transport), **line))


async def fetch_all(connector: ImportsOrders) -> list[RawDocument]:
    page = await connector.fetch_orders(None)
    documents = list(page.items)
    while page.more:
        page = await connector.fetch_orders(page.next)
        documents += page.items
    assert page.next, "there is no place to begin the next run at"
    return documents


async def exercise(connector: Connector, capability: Capability) -> None:
    """Use one capability in the way its recording expects."""
    match capability, connector:
        case Capability.IMPORT_ORDERS, ImportsOrders():
            await import_orders(connector)
        case Capability.CONFIRM_SHIPMENTS, ConfirmsShipments():
            await confirm_shipment(connector)
        case Capability.CANCEL_LINES, CancelsLines():
            assert await connector.cancel_line("2012345678", CancelReason.OUT_OF_STOCK)
        case Capability.READ_OFFERS, ReadsOffers():
            await read_offers(connector)
        case Capability.PUBLISH_STOCK, PublishesStock():
            await publish_stock(connector)
        case Capability.LIST_CARRIERS, ListsCarriers():
            await list_carriers(connector)
        case _:
            pytest.fail(f"declares {capability} but does not implement it")


async def import_orders(connector: ImportsOrders) -> None:
    documents = await fetch_all(connector)
    orders = [connector.read_order(document.raw) for document in documents]
    assert orders
    assert not any(document.problem for document in documents)
    assert len({document.document_id for document in documents}) == len(orders), "an order came twice"
    assert all(
        document.document_id == order.channel_order_id for document, order in zip(documents, orders, strict=True)
    )
    assert all(order.placed_at.utcoffset() is not None for order in orders), "a time without a zone"
    assert all(line.sku != "" and line.gtin != "" for order in orders for line in order.lines), "none is None, not ''"
    assert connector.read_order(documents[0].raw) == orders[0], "reading is not pure"


async def confirm_shipment(connector: ConfirmsShipments) -> None:
    assert await connector.find_shipment("A2K8290LP8", "SHIP-1") is None
    notice = ShipmentNotice(
        channel_order_id="A2K8290LP8",
        reference="SHIP-1",
        lines=(ShippedLine(channel_line_id="2012345678", quantity=10),),
        carrier="postnl",
        tracking="3SBOL0987654321",
    )
    ref = await connector.confirm_shipment(notice)
    reports = await connector.process_states([ref, "7", "forgotten"])
    assert [report.ref for report in reports] == [ref, "7", "forgotten"], "one report per ref, in their order"
    assert [report.state for report in reports] == [ProcessState.SUCCEEDED, ProcessState.FAILED, ProcessState.GONE]
    assert reports[1].message


async def read_offers(connector: ReadsOffers) -> None:
    offers: list[ChannelOffer] = []
    cursor, more = None, True
    while more:
        page = await connector.fetch_offers(cursor)
        offers += page.items
        cursor, more = page.next, page.more
    assert len({offer.channel_offer_id for offer in offers}) == len(offers) == 2
    assert all(offer.sku != "" for offer in offers), "no SKU is None, not ''"


async def publish_stock(connector: PublishesStock) -> None:
    known, unknown = "6ff736b5-cdd0-4150-8c67-78269ee986f5", "13722de8-8182-d161-5422-4a0a1caab5c8"
    updates = [StockUpdate(channel_offer_id=known, quantity=3), StockUpdate(channel_offer_id=unknown, quantity=0)]
    outcomes = await connector.publish_stock(updates)
    assert [outcome.channel_offer_id for outcome in outcomes] == [known, unknown]
    assert [outcome.applied for outcome in outcomes] == [True, False]
    assert outcomes[1].problem


async def list_carriers(connector: ListsCarriers) -> None:
    carriers = await connector.carriers()
    assert carriers
    assert all(carrier.code and carrier.name for carrier in carriers)
    assert len({carrier.code for carrier in carriers}) == len(carriers), "a code came twice"
    usual = [known for carrier in carriers for known in carrier.known_as]
    assert len(set(usual)) == len(usual), "one of our carriers is two of theirs"
    assert usual == [known.lower() for known in usual]


def test_declares_exactly_what_it_implements(spec: ConnectorSpec[Any]) -> None:
    connector = connect(spec, httpx.MockTransport(lambda _: httpx.Response(500)))

    assert {capability for capability, protocol in PROTOCOLS.items() if isinstance(connector, protocol)} == set(
        spec.capabilities
    )


def test_is_named_after_its_package(spec: ConnectorSpec[Any]) -> None:
    assert connectors()[spec.key] is spec
    assert spec.credentials.__module__.startswith(f"entrepot.connectors.{spec.key}")
    assert (MANUAL / f"{spec.key}.md").is_file(), "it has no page in the manual"


def test_explains_its_credentials_and_hides_its_secrets(spec: ConnectorSpec[Any]) -> None:
    fields = spec.credentials.model_fields
    credentials = spec.credentials.model_validate(recording(spec, "check").credentials)

    assert all(field.title and field.description for field in fields.values())
    assert any(is_secret(field) for field in fields.values())
    secrets = [plain_values(credentials)[name] for name, field in fields.items() if is_secret(field)]
    assert not any(secret in repr(credentials) for secret in secrets)
    assert not any(secret in redactor_for(credentials).text(f"x{secret}y") for secret in secrets)


async def test_checks_its_credentials(spec: ConnectorSpec[Any]) -> None:
    replay = Replay(recording(spec, "check"))

    assert await connect(spec, replay).check()
    replay.assert_all_used()


@pytest.mark.parametrize(("spec", "capability"), CAPABILITIES)
async def test_replays(spec: ConnectorSpec[Any], capability: Capability) -> None:
    replay = Replay(recording(spec, capability))

    await exercise(connect(spec, replay), capability)

    replay.assert_all_used()


@pytest.mark.parametrize(
    "spec", [spec for spec in connectors().values() if Capability.IMPORT_ORDERS in spec.capabilities]
)
async def test_fetches_nothing_it_knows(spec: ConnectorSpec[Any]) -> None:
    first = connect(spec, Replay(recording(spec, "import_orders")))
    assert isinstance(first, ImportsOrders)
    seen = {DocumentKey(document.document_id, document.fingerprint) for document in await fetch_all(first)}

    async def known(keys: Any) -> set[DocumentKey]:  # noqa: ANN401 -- a sequence of keys
        return {key for key in keys if key in seen}

    second = connect(spec, Replay(recording(spec, "import_orders")), known=known)
    assert isinstance(second, ImportsOrders)
    assert await fetch_all(second) == []


@pytest.mark.parametrize(
    "spec", [spec for spec in connectors().values() if Capability.IMPORT_ORDERS in spec.capabilities]
)
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"orderId": 7}', b"[" * 100_000])
async def test_refuses_what_is_no_order(spec: ConnectorSpec[Any], raw: bytes) -> None:
    connector = connect(spec, httpx.MockTransport(lambda _: httpx.Response(500)))
    assert isinstance(connector, ImportsOrders)

    with pytest.raises(UnreadableDocumentError):
        connector.read_order(raw)


def answers(status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))


def times_out(request: httpx.Request) -> httpx.Response:
    msg = "too slow"
    raise httpx.ReadTimeout(msg, request=request)


def breaks_off(request: httpx.Request) -> httpx.Response:
    msg = "connection reset"
    raise httpx.ReadError(msg, request=request)


FAULTS: dict[str, tuple[httpx.MockTransport, type[EntrepotError]]] = {
    "token expired": (answers(401), CredentialsRejectedError),
    "right withdrawn": (answers(403), CredentialsRejectedError),
    "too fast": (answers(429, headers={"Retry-After": "7"}), RateLimitedError),
    "too fast, does not say how long": (answers(429), RateLimitedError),
    "refused": (answers(422), RequestRejectedError),
    "broken": (answers(500), ChannelAwayError),
    "in maintenance": (answers(503, b"<html>REPLACED</html>"), ChannelAwayError),
    "silent": (httpx.MockTransport(times_out), ChannelAwayError),
    "breaks off": (httpx.MockTransport(breaks_off), ChannelAwayError),
    "answers a web page": (answers(200, b"<html>"), UnexpectedPayloadError),
    "answers half": (answers(200, b'{"access_token": "REPLA'), UnexpectedPayloadError),
    "redirects": (answers(302, headers={"Location": "http://169.254.169.254/"}), UnexpectedPayloadError),
}


class SignsIn(httpx.AsyncBaseTransport):
    """Signs in as recorded, and leaves the rest to *then*: what fails is the request itself."""

    def __init__(self, spec: ConnectorSpec[Any], then: httpx.AsyncBaseTransport) -> None:
        self._sign_in = recording(spec, "check").exchanges[0]
        self._then = then

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == self._sign_in.request.url:
            return httpx.Response(self._sign_in.response.status, json=self._sign_in.response.body)
        return await self._then.handle_async_request(request)


@pytest.mark.parametrize("signed_in", [False, True], ids=["at sign-in", "after sign-in"])
@pytest.mark.parametrize(("transport", "expected"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("spec", "capability"), CAPABILITIES)
async def test_tells_faults_apart(
    spec: ConnectorSpec[Any],
    capability: Capability,
    transport: httpx.MockTransport,
    expected: type[EntrepotError],
    *,
    signed_in: bool,
) -> None:
    connector = connect(spec, SignsIn(spec, transport) if signed_in else transport)
    if not signed_in and expected is RequestRejectedError:
        expected = CredentialsRejectedError  # a sign-in that is refused, whatever the status
    if (
        signed_in
        and capability is Capability.PUBLISH_STOCK
        and expected in {RequestRejectedError, UnexpectedPayloadError}
    ):
        pytest.skip("each offer has its own outcome; its answer has no body")
    if not recording(spec, capability).exchanges:
        pytest.skip("asks nobody")

    with pytest.raises(expected) as caught:
        await exercise(connector, capability)

    assert "REPLACED" not in f"{caught.value.detail} {caught.value.facts}", "an error shows a secret"
    if isinstance(caught.value, RateLimitedError):
        assert caught.value.retry_after > 0


async def test_reports_processes_without_asking_for_none(spec: ConnectorSpec[Any]) -> None:
    connector = connect(spec, httpx.MockTransport(lambda _: httpx.Response(500)))
    if not isinstance(connector, ReportsProcesses):
        pytest.skip("carries out everything at once")

    assert await connector.process_states([]) == []
