"""Five thousand orders in one order run: fetched, archived, imported, looked at by the other three steps.

Twice: orders of at most three lines, as marketplaces have them, and the data set's own of a wholesaler, with 22 on average.

The run is done by a real worker process, every page and batch a durable step.  The channel is bol.com's reader behind a
connector that answers at once, so what is measured is ours.  The limit is COPY of the very rows that came of it into
bare tables, as in ``bench.order_import``.
"""

import asyncio
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import uvloop
from pydantic import SecretStr
from sqlalchemy import make_url, text

from bench.order_import import KEY, World, copy_limit, documents, real_orders, settle_disk, world
from bench.world import report
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, ChannelOrder, Credentials, Cursor, Page, RawDocument
from entrepot.channels.line import Line
from entrepot.channels.registry import connectors
from entrepot.channels.spec import ConnectorSpec
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.flows.tasks import OrderRun
from entrepot.jobs import service as jobs
from entrepot.jobs.worker import run_worker
from entrepot.kit.postgres import server_at
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

ORDERS = 5_000
PAGE = 100
GOAL = 500
LINES = {"order_run": 3, "order_run_long": 1_000}
KEY_OF_CHANNEL = "instant"
PATIENCE = 300


class InstantCredentials(Credentials):
    """Which orders there are."""

    count: int
    lines: int
    """At most so many per order."""


class Instant:
    """A channel that has its orders ready."""

    def __init__(self, credentials: InstantCredentials, line: Line) -> None:
        self._reader = Bol(BolCredentials(client_id="bench", client_secret=SecretStr("bench")), line)
        self._count, self._lines = credentials.count, credentials.lines

    async def check(self) -> str:
        return "bench"

    async def fetch_orders(self, cursor: Cursor | None) -> Page[RawDocument]:
        first = int(cursor or 0)
        items = tuple(made(self._count, self._lines)[first : first + PAGE])
        return Page(items, str(first + len(items)), more=first + len(items) < self._count)

    async def fetch_order(self, document_id: str) -> RawDocument:
        return next(one for one in made(self._count, self._lines) if one.document_id == document_id)

    def read_order(self, raw: bytes) -> ChannelOrder:
        return self._reader.read_order(raw)


SPEC = ConnectorSpec(
    key=KEY_OF_CHANNEL,
    name="Instant",
    website="https://example.test",
    help_url="https://example.test",
    capabilities=frozenset({Capability.IMPORT_ORDERS}),
    credentials=InstantCredentials,
    connect=Instant,
)


@cache
def made(count: int, lines: int) -> Sequence[RawDocument]:
    """Return the first orders of the data set, cut to *lines*, under numbers of their own, as bytes."""
    orders = [{**order, "orderItems": order["orderItems"][:lines]} for order in real_orders()]
    return documents(orders, count // len(orders) + 1)[:count]


def install() -> None:
    """Make the channel known to this process."""
    cast("dict[str, Any]", connectors())[KEY_OF_CHANNEL] = SPEC  # what is installed is looked up once per process


def settings_of(folder: str) -> Settings:
    return Settings(data_dir=Path(folder), database_url=None, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings


def work(owner: str, folder: str) -> None:
    """Be a worker to which the channel is known."""
    install()
    for lines in LINES.values():
        made(ORDERS, lines)
    box = SecretBox([KEY])
    uvloop.run(run_worker(settings_of(folder), box, server_at(make_url(owner), box)))


async def run_once(here: World, account_id: UUID) -> tuple[float, dict[str, Any]]:
    """Start an order run and wait for its end; return the seconds it worked, and what it did."""
    async with here.database.transaction(here.scope) as session:
        run_id = await jobs.enqueue(session, OrderRun(seller_id=here.account.seller_id, account_id=account_id))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        async with here.database.transaction(here.scope) as session:
            rows = await session.execute(
                text(
                    "SELECT state, result, error_text, extract(epoch FROM finished_at - started_at) AS spent"
                    " FROM job_run WHERE id = :id"
                ),
                {"id": run_id},
            )
            row = rows.one()
        if row.state == "succeeded":
            return float(row.spent), dict(row.result)
        if row.state in {"failed", "waiting"}:
            sys.exit(f"the run {row.state}: {row.error_text}")
        await asyncio.sleep(0.05)
    sys.exit("the run did not end in time")


async def prepare(here: World, folder: str, lines: int) -> None:
    """Give the account the credentials of the instant channel."""
    sealed = Connections.of(here.database, here.box, settings_of(folder)).seal(
        InstantCredentials(count=ORDERS, lines=lines)
    )
    async with here.database.transaction(here.scope) as session:
        await session.execute(
            text("UPDATE channel_account SET channel = :channel, credentials = :sealed WHERE id = :id"),
            {"channel": KEY_OF_CHANNEL, "sealed": sealed, "id": here.account.id},
        )


async def measure(name: str, lines: int) -> None:
    """Measure and print one figure."""
    orders = real_orders()
    skus = sorted({item["offer"]["reference"] for order in orders for item in order["orderItems"]})
    with tempfile.TemporaryDirectory() as folder:
        async with world(skus) as here:
            await prepare(here, folder, lines)
            await settle_disk(here)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.order_run", "worker", here.server.plain(here.server.owner), folder
            )
            try:
                spent, did = await run_once(here, here.account.id)
                again, nothing = await run_once(here, here.account.id)
            finally:
                process.terminate()
                await process.wait()
            if did.get("created") != ORDERS or nothing.get("created"):
                sys.exit(f"the run went wrong: {did}, then {nothing}")
            bare, rows = await copy_limit(here)
            report(
                name,
                round(ORDERS / spent),
                f"orders/s, goal >= {GOAL}",
                limit=round(ORDERS / bare),
                notes=f"{ORDERS} orders, {rows} rows in {spent:.1f} s; a run that finds nothing: {again:.2f} s",
            )


async def main() -> None:
    """Measure both kinds of orders."""
    install()
    for name, lines in LINES.items():
        await measure(name, lines)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["worker"]:
        from bench.order_run import work as work_here

        work_here(sys.argv[2], sys.argv[3])
    else:
        from bench.order_run import main as main_here

        asyncio.run(main_here())
