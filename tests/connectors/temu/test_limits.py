"""Twenty requests in a second for all accounts of one app, whatever process they are in."""

import asyncio
import time

import httpx
import pytest

from entrepot.channels.connections import AccountBudget
from entrepot.channels.line import Line
from entrepot.connectors.temu.connector import Temu
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.rate_budget import RateBudget
from tests.connectors.temu.shop import credentials

pytestmark = pytest.mark.anyio

CALLS = 40
"""Two seconds' worth."""


async def test_two_accounts_of_one_app_share_its_budget(database: Database) -> None:
    moments: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        moments.append(time.monotonic())
        return httpx.Response(200, json={"success": True, "errorCode": 1000000, "result": {"skuList": [], "total": 0}})

    app = str(new_id())
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        accounts = [
            Temu(
                credentials(app_key=app), Line(http=http, budget=AccountBudget(RateBudget(database), "Temu", new_id()))
            )
            for _ in range(2)
        ]
        begun = time.monotonic()
        await asyncio.gather(*(accounts[number % 2].fetch_offers(None) for number in range(CALLS)))

    assert len(moments) == CALLS
    assert moments[-1] - begun >= (CALLS - 1) / 20, "never more than twenty in a second, on the whole"
