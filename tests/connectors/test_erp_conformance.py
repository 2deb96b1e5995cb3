"""What every connector of an ERP must do.

Runs against every installed one: a new one is tested by being registered, and cannot opt out.  It brings a simulated ERP
in ``tests/connectors/<key>/harness.py``.
"""

import importlib
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from entrepot.erp.contract import PROTOCOLS, ErpAddress, HandOverState, HandsOverOrders, ReadsStock, ReadsTracking
from entrepot.erp.errors import ErpAwayError, ErpCredentialsRejectedError, ErpIncompleteError
from entrepot.erp.registry import erps
from entrepot.erp.service import complete
from entrepot.erp.spec import ErpSpec
from entrepot.kit.credentials import form_fields, is_secret, parse_credentials, plain_values, redactor_for
from entrepot.kit.errors import EntrepotError
from tests.connectors.erp_harness import ErpHarness
from tests.connectors.jtl.orders import line, order

pytestmark = pytest.mark.anyio

MANUAL = Path(__file__).parents[2] / "docs" / "manual"


@pytest.fixture(params=erps().values(), ids=list(erps()))
def spec(request: pytest.FixtureRequest) -> ErpSpec[Any]:
    found: ErpSpec[Any] = request.param
    return found


@pytest.fixture
async def erp(spec: ErpSpec[Any], cluster: str) -> AsyncGenerator[ErpHarness]:
    module = importlib.import_module(f"tests.connectors.{spec.key}.harness")
    async with module.open_harness(cluster) as opened:
        yield opened


def test_is_named_after_its_package(spec: ErpSpec[Any]) -> None:
    assert erps()[spec.key] is spec
    assert spec.credentials.__module__.startswith(f"entrepot.connectors.{spec.key}")
    assert (MANUAL / f"connect-{spec.key}.md").is_file(), "it has no page in the manual"


async def test_declares_exactly_what_it_implements(spec: ErpSpec[Any], erp: ErpHarness) -> None:
    connector = erp.connector()

    assert {one for one, protocol in PROTOCOLS.items() if isinstance(connector, protocol)} == set(spec.capabilities)


async def test_explains_its_credentials_and_hides_its_secrets(spec: ErpSpec[Any], erp: ErpHarness) -> None:
    entered = {name: str(value) for name, value in erp.credentials().items()}
    credentials = parse_credentials(spec, entered)

    assert all(field.title and field.description for field in spec.credentials.model_fields.values())
    secrets = [
        plain_values(credentials)[name]
        for name, field in spec.credentials.model_fields.items()
        if is_secret(field) and name in plain_values(credentials)
    ]
    assert secrets
    assert not any(secret in repr(credentials) for secret in secrets)
    assert not any(secret in redactor_for(credentials).text(f"x{secret}y") for secret in secrets)
    assert not any(secret in f"{form_fields(spec, values=entered, stored=credentials)}" for secret in secrets)
    assert parse_credentials(spec, {}, stored=credentials) == parse_credentials(spec, plain_values(credentials))


async def test_proves_that_everything_is_there(spec: ErpSpec[Any], erp: ErpHarness) -> None:
    report = await erp.connector().check()

    assert report.known_as
    assert report.checks
    assert report.warehouses
    complete(spec, report)


async def test_says_what_is_missing(spec: ErpSpec[Any], erp: ErpHarness) -> None:
    await erp.lose_something()

    report = await erp.connector().check()

    assert all(check.ok or check.problem.endswith((".", "?")) for check in report.checks)
    with pytest.raises(ErpIncompleteError):
        complete(spec, report)


async def test_refuses_wrong_credentials(spec: ErpSpec[Any], erp: ErpHarness) -> None:
    credentials = spec.credentials.model_validate(erp.wrong_credentials())

    with pytest.raises(ErpCredentialsRejectedError):
        await spec.connect(credentials, erp.line()).check()


async def test_says_that_it_is_away_and_goes_on_when_it_is_back(erp: ErpHarness) -> None:
    connector = erp.connector()
    await erp.set_away(away=True)
    calls: list[Any] = [connector.check()]
    if isinstance(connector, HandsOverOrders):
        calls.append(connector.hand_over([order("AWAY-1", line(erp.known_sku))]))
    if isinstance(connector, ReadsStock):
        calls += [connector.read_stock(), connector.warehouses()]
    if isinstance(connector, ReadsTracking):
        calls.append(connector.read_tracking(["AWAY-1"]))
    for call in calls:
        with pytest.raises(ErpAwayError) as caught:
            await call
        assert isinstance(caught.value, EntrepotError)
    await erp.set_away(away=False)

    assert await connector.check()
    await connector.aclose()


async def test_hands_over_each_order_once(erp: ErpHarness) -> None:
    connector = erp.connector()
    if not isinstance(connector, HandsOverOrders):
        pytest.skip("takes no orders")
    good = order("CONF-1", line(erp.known_sku))
    bad = order("CONF-2", line(erp.known_sku), ship_to=ErpAddress())
    more = order("CONF-3", line(erp.known_sku, discount=Decimal("0.50")), line(erp.known_sku, line_id="2"))

    outcomes = await connector.hand_over([good, bad, more, good])

    assert connector.way
    assert [one.reference for one in outcomes] == ["CONF-1", "CONF-2", "CONF-3", "CONF-1"], "one per order, in order"
    assert [one.done for one in outcomes] == [True, False, True, True], "a bad order stopped another"
    assert outcomes[1].problem.endswith(".")
    assert [one.state for one in await connector.hand_over([good, more])] == [HandOverState.PRESENT] * 2
    assert await connector.hand_over([]) == []
    await erp.send()
    assert [one.state for one in await connector.hand_over([good, more])] == [HandOverState.PRESENT] * 2


async def test_tells_parcels_of_what_it_sent(erp: ErpHarness) -> None:
    connector = erp.connector()
    if not (isinstance(connector, ReadsTracking) and isinstance(connector, HandsOverOrders)):
        pytest.skip("tells no parcels")
    await connector.hand_over([order("CONF-1", line(erp.known_sku)), order("CONF-2", line(erp.known_sku))])
    assert await connector.read_tracking(["CONF-1", "CONF-2"]) == []
    await erp.send()

    shipments = await connector.read_tracking(["CONF-1", "unknown", "CONF-2"])

    assert {one.reference for one in shipments} == {"CONF-1", "CONF-2"}
    assert all(one.tracking and one.carrier for one in shipments)
    assert all(one.shipped_at is not None and one.shipped_at.utcoffset() is not None for one in shipments)
    assert len({(one.delivery_note, one.tracking) for one in shipments}) == len(shipments), "a parcel came twice"
    assert await connector.read_tracking([]) == []


async def test_tells_its_stock(erp: ErpHarness) -> None:
    connector = erp.connector()
    if not isinstance(connector, ReadsStock):
        pytest.skip("tells no stock")
    places = {one.warehouse for one in await connector.warehouses()}

    stock = await connector.read_stock()
    some = await connector.read_stock([erp.known_sku, erp.empty_sku, "unknown"])

    assert len({(one.sku, one.warehouse) for one in stock}) == len(stock), "a row came twice"
    assert {one.warehouse for one in stock} <= places
    assert [one for one in stock if one.sku in {erp.known_sku, erp.empty_sku}] == some
    assert sum(one.available for one in some if one.sku == erp.known_sku) > 0
    assert [one.available for one in some if one.sku == erp.empty_sku], "out of stock is not unknown"
    assert sum(one.available for one in some if one.sku == erp.empty_sku) == 0
    assert not any(one.sku == "unknown" for one in some)
    for one in stock:
        assert msgspec.convert(msgspec.to_builtins(one), type(one)) == one
        assert one.available <= max(0, one.on_hand)


async def test_takes_thousands_at_once(erp: ErpHarness) -> None:
    connector = erp.connector()
    if isinstance(connector, ReadsStock):
        assert await connector.read_stock([f"unknown-{number}" for number in range(2500)]) == []
    if isinstance(connector, ReadsTracking):
        assert await connector.read_tracking([f"unknown-{number}" for number in range(2500)]) == []
