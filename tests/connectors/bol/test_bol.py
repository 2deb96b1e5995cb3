"""What is special about bol.  Everything else is in the conformance suite."""

import contextlib
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from entrepot.channels.client import REPLACEMENTS
from entrepot.channels.contract import Fulfilment
from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    UnexpectedPayloadError,
    UnreadableDocumentError,
)
from entrepot.channels.line import Line
from entrepot.connectors.bol import SPEC
from entrepot.connectors.bol.carriers import transporter_code
from entrepot.connectors.bol.connector import Bol
from entrepot.kit.errors import EntrepotError

FIXTURES = Path(__file__).parents[4] / "shared" / "specs" / "bol" / "http_fixtures"

needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"bol's recorded answers are not at {FIXTURES}")


def connect(transport: httpx.AsyncBaseTransport) -> Bol:
    return Bol(
        SPEC.credentials(client_id="id", client_secret=SecretStr("canary-secret")),
        Line(http=httpx.AsyncClient(transport=transport)),
    )


BOL = connect(httpx.MockTransport(lambda _: httpx.Response(500)))


def answer(name: str) -> httpx.Response:
    """Return a recorded answer."""
    head, _, body = (FIXTURES / f"{name}.http").read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    status, *lines = head.decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Transfer-Encoding"))
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


TOKENS = [
    "200-token-empty-access_token",
    "200-token-empty-body",
    "200-token-empty-expires_in",
    "200-token-missing-access_token",
    "200-token-missing-expires_in",
    "200-token-unexpected-bearer",
]


@needs_fixtures
@pytest.mark.anyio
@pytest.mark.parametrize("name", TOKENS)
async def test_refuses_a_broken_token(name: str) -> None:
    with pytest.raises(UnexpectedPayloadError):
        await connect(httpx.MockTransport(lambda _: answer(name))).check()


@needs_fixtures
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("401-unauthorized", CredentialsRejectedError),
        ("403-forbidden-account_is_not_active", CredentialsRejectedError),
        ("500-internal-server-error", ChannelAwayError),
        ("429-too-many-requests", RateLimitedError),
        ("429-too-many-requests-without-retry-after", RateLimitedError),
    ],
)
async def test_tells_recorded_refusals_apart(name: str, expected: type[EntrepotError]) -> None:
    with pytest.raises(expected) as caught:
        await connect(httpx.MockTransport(lambda _: answer(name))).check()

    assert "canary" not in str(caught.value)
    if isinstance(caught.value, RateLimitedError):
        assert caught.value.retry_after == 4, "as the header or the text says"


@needs_fixtures
@pytest.mark.anyio
@pytest.mark.parametrize(
    "name",
    [
        "200-token",
        "200-token-lowercase-type",
        "200-token-lowercase-scope",
        "200-token-unexpected-scope",
        "200-token-expires-immediately",
    ],
)
async def test_takes_a_token_of_any_spelling(name: str) -> None:
    answers = {"/token": name, "/retailer/orders": "200-reduced-orders-empty"}

    assert await connect(httpx.MockTransport(lambda request: answer(answers[request.url.path]))).check()


@needs_fixtures
@pytest.mark.anyio
@pytest.mark.parametrize("void", [1, 2, 9])
async def test_an_expired_token_is_replaced_and_once_more_if_that_is_void_already(void: int) -> None:
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/token":
            return answer("200-token")
        return answer("401-jwt-expired" if asked.count("/token") <= void else "200-reduced-orders-empty")

    if void <= REPLACEMENTS:
        assert await connect(httpx.MockTransport(reply)).check()
    else:
        with pytest.raises(CredentialsRejectedError):
            await connect(httpx.MockTransport(reply)).check()
    assert asked == ["/token", "/retailer/orders"] * (min(void, REPLACEMENTS) + 1)


@needs_fixtures
def test_reads_a_recorded_order() -> None:
    order = BOL.read_order(answer("200-order").content)

    assert (order.channel_order_id, order.currency, order.buyer_reference) == ("1042823870", "EUR", "Mijn order ref")
    assert order.ship_to.name == "Hans de Grote"
    assert order.bill_to is not None
    assert order.bill_to.vat_number == "NL123456789B01"
    assert [(line.sku, line.unit_price, line.commission) for line in order.lines] == [
        ("MijnOffer0021", Decimal("19.99"), Decimal("2.21")),
        ("MijnOffer1121", Decimal("32.98"), Decimal("6.38")),
    ]
    assert {line.fulfilment for line in order.lines} == {Fulfilment.CHANNEL}
    assert str(order.deliver_by) == "2018-01-16"


def raw(**changes: object) -> bytes:
    item = {"orderItemId": "1", "quantity": 2, "unitPrice": 5, "latestChangedDateTime": "2026-01-01T10:00:00Z"}
    order = {"orderId": "A1", "shipmentDetails": {}, "orderItems": [item | changes]}
    return msgspec.json.encode(order)


def test_reads_an_order_of_which_much_is_missing() -> None:
    order = BOL.read_order(raw())

    assert order.placed_at.isoformat() == "2026-01-01T10:00:00+00:00"
    assert (order.lines[0].sku, order.lines[0].gtin, order.lines[0].title) == (None, None, "")


def test_a_reference_of_blanks_is_no_sku() -> None:
    assert BOL.read_order(raw(offer={"reference": "  "})).lines[0].sku is None


def test_discounts_add_up() -> None:
    discounts = [{"title": "a", "amount": 1.1}, {"title": "b", "amount": 2.2}]

    assert BOL.read_order(raw(discounts=discounts)).lines[0].discount == Decimal("3.3")


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 10**9},
        {"unitPrice": -0.01},
        {"unitPrice": 1e300},
        {"unitPrice": "NaN"},
        {"quantityCancelled": -1},
        {"orderItemId": ""},
        {"fulfilment": {"method": "ABC"}},
        {"latestChangedDateTime": "yesterday"},
        {"latestChangedDateTime": None},
        {"latestChangedDateTime": "2026-01-01T10:00:00"},
    ],
)
def test_refuses_what_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocumentError):
        BOL.read_order(raw(**changes))


@given(st.binary(max_size=200))
def test_noise_is_refused_politely(noise: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        BOL.read_order(noise)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["quantity", "unitPrice", "offer", "method", "fulfilment", "discounts", "amount", "orderItemId"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_nonsense_is_read_or_refused_but_never_breaks(nonsense: object) -> None:
    changes = nonsense if isinstance(nonsense, dict) else {"quantity": nonsense}
    with contextlib.suppress(UnreadableDocumentError):
        BOL.read_order(raw(**changes))


@pytest.mark.parametrize(
    ("carrier", "code"), [("postnl", "TNT"), ("dhl-parcel-nl", "DHLFORYOU"), ("DPD", "DPD-NL"), ("pigeon", "OTHER")]
)
def test_names_carriers_as_bol_does(carrier: str, code: str) -> None:
    assert transporter_code(carrier) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"api_url": "ftp://x"},
        {"api_url": "https://u:p@x"},
        {"client_id": ""},
        {"client_secret": ""},
        {"client_id": "a:b"},
        {"extra": "x"},
    ],
)
def test_refuses_credentials_that_cannot_be(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        SPEC.credentials.model_validate({"client_id": "id", "client_secret": "secret"} | changes)
