"""Every error code that Temu documents becomes an error that says who has to act."""

import json
from pathlib import Path

import httpx
import pytest

from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
)
from entrepot.channels.line import Line, NoBudget
from entrepot.connectors.temu.connector import Temu
from entrepot.connectors.temu.errors import (
    AddressNotAllowedError,
    AgreementMissingError,
    ClockWrongError,
    PermissionMissingError,
    RegionMismatchError,
    SignatureRejectedError,
    TokenExpiredError,
    error_of,
)
from entrepot.kit.errors import EntrepotError
from tests.connectors.temu.shop import credentials

pytestmark = pytest.mark.anyio

VECTORS = "specs/temu/temu_protocol_facts_and_vectors.json"
EXPECTED: dict[int, type[EntrepotError]] = {
    3000001: SignatureRejectedError,
    3000011: ClockWrongError,
    3000012: ClockWrongError,
    3000020: RegionMismatchError,
    3000021: PermissionMissingError,
    3000026: RegionMismatchError,
    3000027: PermissionMissingError,
    3000030: PermissionMissingError,
    3000031: RegionMismatchError,
    3000032: PermissionMissingError,
    3000033: RegionMismatchError,
    3000034: TokenExpiredError,
    4000000: ChannelAwayError,
    4000004: RateLimitedError,
    5000000: PermissionMissingError,
    5000003: AddressNotAllowedError,
    6000001: ChannelAwayError,
    7000000: ChannelAwayError,
    110020007: RateLimitedError,
    140020002: ChannelThingMissingError,
    140020003: AgreementMissingError,
    180020008: AgreementMissingError,
}
"""All others are refusals with Temu's own words."""


def test_every_documented_code(shared_data: Path) -> None:
    documented = {int(code): text for code, text in json.loads((shared_data / VECTORS).read_text())["errors"].items()}
    assert set(EXPECTED) <= set(documented)
    for code, said in documented.items():
        if said == "SUCCESS":
            continue
        error = error_of(code, said, operation="bg.x", region="eu")
        assert type(error) is EXPECTED.get(code, RequestRejectedError), code
        assert error.detail.rstrip(".")
        if type(error) is RequestRejectedError:
            assert said in error.detail


def test_what_stops_an_account_and_what_does_not() -> None:
    def stops(code: int) -> bool:
        return isinstance(error_of(code, "", operation="bg.x", region="eu"), CredentialsRejectedError)

    assert [stops(code) for code in (3000034, 3000031, 3000001, 5000003)] == [True] * 4
    assert [stops(code) for code in (4000004, 4000000, 3000012, 2000000, 140020003)] == [False] * 5


async def test_too_many_requests_are_told_to_everyone() -> None:
    told: list[tuple[int, int, bool]] = []

    class Learns(NoBudget):
        async def learn(self, operation: str, *, remaining: int, reset: int, shared: bool = False) -> None:  # noqa: ARG002 -- the form
            told.append((remaining, reset, shared))

    answer = {"success": False, "errorCode": 4000004, "errorMsg": "RATE_LIMIT_EXCEED_EXCEPTION"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=answer))) as http:
        with pytest.raises(RateLimitedError):
            await Temu(credentials(), Line(http=http, budget=Learns())).check()

    assert told == [(0, 2, True)]
