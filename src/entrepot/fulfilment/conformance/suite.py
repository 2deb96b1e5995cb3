"""The tests.  Each takes a ``candidate``; those of one capability are skipped where it is not declared."""

from datetime import date
from functools import partial

import httpx
import msgspec
import pytest

from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.channels.proof import provided, provided_by
from entrepot.fulfilment.carriage.errors import LabelInDoubtError
from entrepot.fulfilment.conformance.candidate import CarrierCandidate, PlayedCarrier
from entrepot.fulfilment.contract import (
    CARRIER_PROTOCOLS,
    CancelsLabels,
    Carrier,
    CreatesLabels,
    FindsLabels,
    Label,
    LabelRequest,
    Milestone,
    OrdersLabels,
    TracksParcels,
)
from entrepot.fulfilment.contract_carriage import (
    ClosesDays,
    FindsServicePoints,
    ListsServices,
    QuotesRates,
    RateRequest,
)
from entrepot.kit.credentials import is_secret, plain_values, redactor_for
from entrepot.kit.errors import EntrepotError

__all__ = [
    "anyio_backend",
    "pytest_generate_tests",
    "pytestmark",
    "test_books_a_reference_once",
    "test_cancels_and_cancels_again",
    "test_checks_its_credentials",
    "test_closes_a_day_and_closes_it_again",
    "test_declares_exactly_what_it_implements",
    "test_explains_its_credentials_and_hides_its_secrets",
    "test_finds_a_label_by_its_number",
    "test_finds_service_points",
    "test_lists_services_that_it_can_book",
    "test_makes_labels",
    "test_quotes_the_cheapest_first",
    "test_tells_faults_apart",
    "test_tracks_in_the_products_words",
]

pytestmark = pytest.mark.anyio


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test the candidates of its module."""
    candidates: list[CarrierCandidate] = getattr(metafunc.module, "CANDIDATES", [])
    if "candidate" in metafunc.fixturenames:
        metafunc.parametrize("candidate", candidates, ids=[candidate.spec.key for candidate in candidates])


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run on asyncio, as the product does."""
    return "asyncio"


async def _label(carrier: Carrier, request: LabelRequest) -> Label:
    """Make a label in whichever way the carrier makes them."""
    if isinstance(carrier, CreatesLabels):
        return await carrier.create_label(request)
    assert isinstance(carrier, OrdersLabels), "it makes no labels at all"
    started = request.started or await carrier.order_label(request)
    label = await carrier.collect_label(msgspec.structs.replace(request, started=started))
    assert label is not None, "a played carrier makes labels at once"
    return label


def test_declares_exactly_what_it_implements(candidate: CarrierCandidate) -> None:
    spec = candidate.spec

    assert provided(candidate.connect(candidate.open()), CARRIER_PROTOCOLS) == spec.capabilities
    assert provided_by(spec.connect, CARRIER_PROTOCOLS) == spec.capabilities, "the passport could not prove it"
    assert spec.services
    assert len({service.code for service in spec.services}) == len(spec.services)


def test_explains_its_credentials_and_hides_its_secrets(candidate: CarrierCandidate) -> None:
    credentials = candidate.open().credentials
    fields = type(credentials).model_fields

    assert all(field.title for field in fields.values()), "a form needs titles"
    values = plain_values(credentials)
    redactor = redactor_for(credentials)
    for name, field in fields.items():
        if is_secret(field):
            assert values[name] not in repr(credentials)
            assert values[name] not in redactor.text(f"key={values[name]}")


async def test_checks_its_credentials(candidate: CarrierCandidate) -> None:
    assert await candidate.connect(candidate.open()).check()


async def test_makes_labels(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    label = await _label(candidate.connect(played), played.request)

    assert played.booked() == 1
    assert label.carrier_shipment_id
    assert label.tracking_code
    assert label.pdf.startswith(b"%PDF-")
    assert not label.zpl or label.zpl.lstrip().startswith(b"^XA")
    assert (label.cost is None) == (label.currency == "")


async def test_books_a_reference_once(candidate: CarrierCandidate) -> None:
    """The process died after the carrier's answer: the same is asked again, as one that is in doubt."""
    played = candidate.open()
    carrier = candidate.connect(played)
    first = await _label(carrier, played.request)
    if isinstance(carrier, OrdersLabels):
        pytest.skip("the making is stored before it is waited for")
    assert isinstance(carrier, CreatesLabels)
    try:
        again = await carrier.create_label(msgspec.structs.replace(played.request, in_doubt=True))
    except LabelInDoubtError:
        assert isinstance(carrier, FindsLabels), "a person who finds the parcel must be able to say so"
    else:
        assert again.tracking_code == first.tracking_code
    assert played.booked() == 1


async def test_finds_a_label_by_its_number(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, FindsLabels):
        pytest.skip("not declared")
    made = await _label(carrier, played.request)
    found = await carrier.find_label(made.carrier_shipment_id)
    assert (found.tracking_code, found.pdf[:5]) == (made.tracking_code, b"%PDF-")
    with pytest.raises(EntrepotError):
        await carrier.find_label("007")


async def test_cancels_and_cancels_again(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, CancelsLabels):
        pytest.skip("not declared")
    label = await _label(carrier, played.request)
    for _ in range(2):
        await carrier.cancel_label(label.carrier_shipment_id)


async def test_tracks_in_the_products_words(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, TracksParcels):
        pytest.skip("not declared")
    label = await _label(carrier, played.request)
    events = await carrier.track(label.tracking_code)
    assert events
    assert events[0].milestone is Milestone.LABEL_CREATED
    assert all(event.at.utcoffset() is not None for event in events), "a time without a zone"
    assert list(events) == sorted(events, key=lambda event: event.at), "the oldest first"


async def test_lists_services_that_it_can_book(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, ListsServices):
        pytest.skip("not declared")
    found = await carrier.services()
    assert played.request.service in {service.code for service in found}
    assert all(service.name for service in found)


async def test_quotes_the_cheapest_first(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, QuotesRates):
        pytest.skip("not declared")
    asked = RateRequest(
        sender=played.request.sender, recipient=played.request.recipient, weight_g=played.request.weight_g
    )
    rates = await carrier.quote(asked)
    priced = [rate.cost for rate in rates if rate.cost is not None]
    assert priced == sorted(priced)
    assert all(rate.currency for rate in rates if rate.cost is not None)
    assert played.booked() == 0, "asking is not booking"


async def test_closes_a_day_and_closes_it_again(candidate: CarrierCandidate) -> None:
    played = candidate.open()
    carrier = candidate.connect(played)
    if not isinstance(carrier, ClosesDays):
        pytest.skip("not declared")
    label = await _label(carrier, played.request)
    day = date(2026, 11, 23)
    for _ in range(2):
        manifest = await carrier.close_day([label.carrier_shipment_id], day)
        assert manifest.refused == ()
        assert all(document.startswith(b"%PDF-") for document in manifest.documents)
    [refusal] = (await carrier.close_day(["007"], day)).refused
    assert (refusal.carrier_shipment_id, bool(refusal.reason)) == ("007", True)


async def test_finds_service_points(candidate: CarrierCandidate) -> None:
    carrier = candidate.connect(candidate.open())
    if not isinstance(carrier, FindsServicePoints):
        pytest.skip("not declared")
    found = await carrier.service_points("NL", "3511 AB")
    assert found
    assert all(point.point_id and point.name and point.city for point in found)


def _answers(status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))


def _fails(error: type[httpx.RequestError], request: httpx.Request) -> httpx.Response:
    raise error("it breaks", request=request)


FAULTS: dict[str, tuple[httpx.MockTransport, type[EntrepotError]]] = {
    "key withdrawn": (_answers(401), CredentialsRejectedError),
    "right withdrawn": (_answers(403), CredentialsRejectedError),
    "too fast": (_answers(429, headers={"Retry-After": "7"}), RateLimitedError),
    "too fast, does not say how long": (_answers(429), RateLimitedError),
    "refused": (_answers(422), RequestRejectedError),
    "refused in no words": (_answers(400, b"\xff"), RequestRejectedError),
    "broken": (_answers(500), ChannelAwayError),
    "in maintenance": (_answers(503, b"<html>REPLACED</html>"), ChannelAwayError),
    "silent": (httpx.MockTransport(partial(_fails, httpx.ReadTimeout)), ChannelAwayError),
    "breaks off": (httpx.MockTransport(partial(_fails, httpx.ReadError)), ChannelAwayError),
    "answers a web page": (_answers(200, b"<html>"), UnexpectedPayloadError),
    "answers half": (_answers(200, b'{"shipment_id": "REPLA'), UnexpectedPayloadError),
    "a bomb": (_answers(200, b"[" * 100_000), UnexpectedPayloadError),
    "redirects": (_answers(302, headers={"Location": "http://169.254.169.254/"}), UnexpectedPayloadError),
}


class _SignsIn(httpx.AsyncBaseTransport):
    """Lets a sign-in through to the played carrier: what fails is the request itself."""

    def __init__(self, played: PlayedCarrier, then: httpx.AsyncBaseTransport) -> None:
        self._played = played
        self._then = then

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.rstrip("/").endswith("/token"):
            return await self._played.transport.handle_async_request(request)
        return await self._then.handle_async_request(request)


@pytest.mark.parametrize(("transport", "expected"), FAULTS.values(), ids=FAULTS)
async def test_tells_faults_apart(
    candidate: CarrierCandidate, transport: httpx.MockTransport, expected: type[EntrepotError]
) -> None:
    played = candidate.open()
    carrier = candidate.connect(played, _SignsIn(played, transport))

    with pytest.raises(expected) as caught:
        await _label(carrier, played.request)

    assert "REPLACED" not in f"{caught.value.detail} {caught.value.facts}", "an error shows what it was sent"
    if isinstance(caught.value, RateLimitedError):
        assert caught.value.retry_after > 0
