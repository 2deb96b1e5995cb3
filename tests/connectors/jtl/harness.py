"""JTL-Wawi as the conformance suite of ERPs sees it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from entrepot.erp.contract import ErpConnector
from entrepot.erp.line import ErpLine
from tests.connectors.erp_harness import ErpHarness
from tests.connectors.jtl.world import LOOPBACK, World, open_world


class JtlHarness(ErpHarness):
    """A simulated JTL-Wawi."""

    known_sku = "SKU-1"
    empty_sku = "never"

    def __init__(self, world: World) -> None:
        self.world = world

    def credentials(self) -> dict[str, Any]:
        return {"database_url": self.world.url()}

    def wrong_credentials(self) -> dict[str, Any]:
        return {"database_url": self.world.url("nobody")}

    def connector(self) -> ErpConnector:
        return self.world.connector()

    def line(self) -> ErpLine:
        return ErpLine(allowed=LOOPBACK)

    async def send(self) -> None:
        await self.world.wawi.work()
        await self.world.wawi.send_now()

    async def set_away(self, *, away: bool) -> None:
        await self.world.gate.set_away(away=away)

    async def lose_something(self) -> None:
        await self.world.owner.execute('ALTER TABLE dbo."vLagerbestandProLager" RENAME "fBestand" TO "fMenge"')


@asynccontextmanager
async def open_harness(cluster: str) -> AsyncGenerator[ErpHarness]:
    """Open a JTL-Wawi on the tests' database server."""
    async with open_world(cluster) as world:
        yield JtlHarness(world)
