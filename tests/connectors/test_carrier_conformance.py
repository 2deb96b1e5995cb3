"""What every carrier must do, against the carriers that the sandbox plays.

Runs against every installed carrier connector: a new one is tested by being registered, and cannot opt out.
"""

from collections.abc import Callable, Mapping
from functools import partial

import httpx
from pydantic import SecretStr

from entrepot.channels.contract import ShippedLine
from entrepot.connectors import bol, dhl, sandbox_express, sendcloud
from entrepot.fulfilment.conformance.candidate import CarrierCandidate, PlayedCarrier
from entrepot.fulfilment.conformance.suite import *  # noqa: F403 -- all of it
from entrepot.fulfilment.contract import Credentials, LabelRequest, PostalAddress
from entrepot.fulfilment.registry import carriers
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.dhl import service as dhl_world
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.sendcloud import service as sendcloud_world
from entrepot.sandbox.world import World
from tests.sandbox.conftest import START

BASE = "http://sandbox.test"
SENDER = PostalAddress(
    company="Blue Mugs", street="Kade", house_number="3", postcode="53113", city="Bonn", country="DE"
)
BUYER = PostalAddress(
    first_name="Ruth", last_name="Reader", street="Hoofdstraße", house_number="20", postcode="53113", city="Bonn",
    country="DE", email="ruth@example.org",
)  # fmt: skip
KEYS: Mapping[str, Callable[[WorldOptions], Credentials]] = {
    "sandbox_express": lambda options: sandbox_express.SPEC.credentials(
        api_url=BASE, api_key=SecretStr(options.carrier_key)
    ),
    "sendcloud": lambda _: sendcloud.SPEC.credentials(
        public_key=sendcloud_world.PUBLIC_KEY,
        secret_key=SecretStr(sendcloud_world.SECRET_KEY),
        api_url=BASE + sendcloud_world.BASE,
    ),
    "dhl": lambda _: dhl.SPEC.credentials(
        api_key=SecretStr(dhl_world.API_KEY),
        username=dhl_world.USERNAME,
        password=SecretStr(dhl_world.PASSWORD),
        ekp=dhl_world.EKP,
        api_url=BASE + dhl_world.HOME,
    ),
    "bol": lambda options: bol.LABELS.credentials(
        client_id=options.accounts[0].client_id,
        client_secret=SecretStr(options.accounts[0].client_secret),
        api_url=BASE,
        token_url=f"{BASE}/token",
    ),
}
SERVICES = {"sandbox_express": "standard", "sendcloud": "dpd:home", "dhl": "V01PAK", "bol": "PARCEL"}


def played(key: str) -> PlayedCarrier:
    """Open a world with the carrier in it."""
    options = WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=3, carrier_speed=0, process_seconds=0)
    world = World(options, WorldClock(FrozenTime(START)))
    account = world.accounts[options.accounts[0].client_id]
    lines: tuple[ShippedLine, ...] = ()
    if key == "bol":
        line = next(iter(account.orders.open.values())).items[0]
        lines = (ShippedLine(channel_line_id=line.order_item_id, quantity=line.quantity),)
    request = LabelRequest(
        reference="018f0000-0000-7000-8000-000000000001",
        service=SERVICES[key],
        sender=SENDER,
        recipient=BUYER,
        weight_g=1320,
        order_number="P-1001",
        channel_lines=lines,
    )
    return PlayedCarrier(
        transport=httpx.ASGITransport(create_sandbox(world)),  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
        credentials=KEYS[key](options),
        request=request,
        booked=(lambda: len(account.labels)) if key == "bol" else (lambda: len(world.parcels.parcels)),
    )


CANDIDATES = [CarrierCandidate(spec, open=partial(played, key)) for key, spec in carriers().items()]
