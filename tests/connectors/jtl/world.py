"""A JTL-Wawi database: PostgreSQL tables of the same names, on the tests' server, behind a TCP port."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from entrepot.connectors.jtl import SPEC
from entrepot.connectors.jtl.connector import JtlConnector
from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.erp.line import ErpCall, ErpLine
from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.jtl.gate import Gate
from entrepot.sandbox.jtl.schema import CLERK, GRANTS, PASSWORD, READER
from entrepot.sandbox.jtl.wawi import Article, Wawi

LOOPBACK = (ip_network("127.0.0.0/8"),)
ARTICLES = (
    Article("SKU-1", "", 40),
    Article("SKU-2", "", 40, buffer=5),
    Article("Größe-L/ß", "", 3, buffer=50),
    Article("never", "", 0),
)


@dataclass(slots=True)
class World:
    """A simulated JTL-Wawi, and how to reach it."""

    wawi: Wawi
    gate: Gate
    owner: asyncpg.Connection
    database: str
    calls: list[ErpCall]

    def url(self, user: str = CLERK, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.gate.port}/{self.database}"

    def connector(self, line: ErpLine | None = None, **values: Any) -> JtlConnector:  # noqa: ANN401 -- passed on
        async def record(call: ErpCall) -> None:
            self.calls.append(call)

        connector = SPEC.connect(
            JtlCredentials.model_validate({"database_url": self.url(), **values}),
            line or ErpLine(allowed=LOOPBACK, record=record),
        )
        assert isinstance(connector, JtlConnector)
        return connector


@asynccontextmanager
async def open_world(cluster: str) -> AsyncGenerator[World]:
    """Make an empty JTL-Wawi on the tests' server, and take it away at the end."""
    database = f"jtl_{asyncio.get_running_loop().time():.6f}".replace(".", "_")
    admin = await asyncpg.connect(cluster)
    await admin.execute(f"CREATE DATABASE {database}")
    for role in (READER, CLERK):
        if not await admin.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", role):
            await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    parts = urlsplit(cluster)
    socket = parse_qs(parts.query)["host"][0]
    owner = await asyncpg.connect(host=socket, user=parts.username, database=database)
    wawi = Wawi(owner, WorldClock(), Dice(7), send_seconds=0)
    await wawi.set_up(ARTICLES)
    await owner.execute('DELETE FROM dbo."vLagerbestandProLager" WHERE "kArtikel" = 4')
    await owner.execute(GRANTS)
    gate = Gate(lambda: asyncio.open_unix_connection(f"{socket}/.s.PGSQL.5432"))
    await gate.open("127.0.0.1", 0)
    try:
        yield World(wawi, gate, owner, database, [])
    finally:
        await gate.close()
        await owner.close()
        await admin.execute(f"DROP DATABASE {database} WITH (FORCE)")
        await admin.close()
