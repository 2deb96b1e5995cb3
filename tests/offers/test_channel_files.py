"""The channel's file of all offers, waited for durably, and the stock in the channel's own warehouse."""

import httpx
import pytest

from entrepot.channels.accounts import AccountRef
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.jobs.inline import InlineEngine, run_inline
from entrepot.kit.credentials import parse_credentials
from entrepot.offers.exporting import ExportFailedError
from entrepot.offers.held_repository import HeldRepository
from entrepot.offers.tasks import ReadExport, ReadHeldStock
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.fulfilment.floor import Floor
from tests.returns.conftest import floor
from tests.sandbox.conftest import START

pytestmark = pytest.mark.anyio
__all__ = ["floor"]


@pytest.fixture
def world() -> World:
    options = WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=3, channel_share=0.1, process_seconds=40)
    return World(options, WorldClock(FrozenTime(START)))


class Patience(InlineEngine):
    """Time flies while a run sleeps."""

    def __init__(self, opened: Floor) -> None:
        super().__init__()
        self._floor = opened
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._floor.world.clock.advance(seconds)


async def connected(opened: Floor) -> AccountRef:
    spec = connector_spec("bol")
    keys = {
        "client_id": "sandbox-seller-1",
        "client_secret": "sandbox-secret-1",
        "api_url": opened.base,
        "token_url": f"{opened.base}/token",
    }
    async with opened.transaction() as session:
        return await ChannelService(session, opened.connections).connect(
            opened.seller_id, spec, parse_credentials(spec, keys), name="bol"
        )


async def test_every_offer_is_read_from_the_file(floor: Floor) -> None:
    account = await connected(floor)
    patience = Patience(floor)
    args = ReadExport(seller_id=floor.seller_id, account_id=account.id)

    result = await run_inline(floor.database, floor.box, floor.settings, args, engine=patience)

    offers = len(floor.world.accounts["sandbox-seller-1"].offers)
    assert result == {"count": offers, "new": offers, "gone": 0}
    assert patience.slept == [2.0, 4.0, 8.0, 16.0, 32.0]
    assert (await floor.rows("SELECT count(*) FROM offer"))[0][0] == offers
    first = next(iter(floor.world.accounts["sandbox-seller-1"].offers.after(-1)))
    first.deleted = True
    again = await run_inline(floor.database, floor.box, floor.settings, args, engine=Patience(floor))
    assert again == {"count": offers - 1, "new": 0, "gone": 1}


async def test_a_file_that_is_never_made_is_said(floor: Floor) -> None:
    account = await connected(floor)
    args = ReadExport(seller_id=floor.seller_id, account_id=account.id)

    class Refuses(Patience):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            for process in floor.world.accounts["sandbox-seller-1"].processes.processes.values():
                process.status, process.error = "FAILURE", "Too many exports today"

    with pytest.raises(ExportFailedError, match="Too many exports today"):
        await run_inline(floor.database, floor.box, floor.settings, args, engine=Refuses(floor))


async def test_held_stock_is_read_and_shown(floor: Floor, client: httpx.AsyncClient) -> None:
    account = await connected(floor)
    args = ReadHeldStock(seller_id=floor.seller_id, account_id=account.id)

    result = await run_inline(floor.database, floor.box, floor.settings, args)

    held = [one for one in floor.world.accounts["sandbox-seller-1"].offers.after(-1) if one.method == "FBB"]
    assert isinstance(result, dict)
    assert result["products"] == len(held)
    page = await client.get("/held-stock", params={"q": held[0].ean})
    assert held[0].ean in page.text
    assert (await client.get("/held-stock")).status_code == 200
    started = await client.post(f"/held-stock/{account.id}/refresh")
    assert started.status_code == 303
    held[0].deleted = True
    await run_inline(floor.database, floor.box, floor.settings, args)
    async with floor.transaction() as session:
        assert (await HeldRepository(session).totals())[0] == len(held) - 1
