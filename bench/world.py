"""What benchmarks share: a scratch instance with a real database, and a web process of it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx

from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import INSTANCE, Right
from entrepot.access.service.keys import KeyService
from entrepot.access.service.setup import create_seller
from entrepot.kit.database import SYSTEM, Database
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.tables import register_tables
from entrepot.kit.wakeup import Wakeups


class Line:
    """One person's requests over a plain socket: a client library takes a third of the processor that is measured."""

    def __init__(self, address: str, auth: httpx.BasicAuth) -> None:
        url = httpx.URL(address)
        self._where = url.host, url.port
        self._path = url.path.rstrip("/")
        authorization = next(auth.auth_flow(httpx.Request("GET", url))).headers["authorization"]
        self._head = f"host: bench\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\n"

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._where)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: object) -> Any:  # noqa: ANN401 -- JSON
        """Send *body* and return the answer's; end the benchmark if it was refused."""
        content = json.dumps(body)
        head = f"POST {self._path}{path} HTTP/1.1\r\n{self._head}content-length: {len(content)}\r\n\r\n"
        self._writer.write(f"{head}{content}".encode())
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        got = await self._reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 2"):
            sys.exit(f"{path} was answered {answer!r} {got[:300]!r}")
        return json.loads(got or b"null")


@dataclass(frozen=True, slots=True)
class Instance:
    """A hub of its own in a scratch folder; PostgreSQL as it comes, with fsync."""

    folder: Path
    settings: Settings
    box: SecretBox
    server: Server

    @asynccontextmanager
    async def database(self, *, pool: int = 10) -> AsyncGenerator[Database]:
        """Open connections as the application role."""
        url = self.server.asyncpg(self.server.application)
        async with Database(url, self.box.derive("scope"), pool=pool, wakeups=Wakeups()) as database:
            yield database

    async def settle(self) -> None:
        """Do what autovacuum would within a minute: until then plans are those of empty tables."""
        owner = await asyncpg.connect(self.server.plain(self.server.owner))
        await owner.execute("VACUUM ANALYZE")
        await owner.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this instance needs."""
        return {
            **os.environ,
            "ENTREPOT_DATA_DIR": str(self.folder),
            "ENTREPOT_LOG_LEVEL": "error",
            "ENTREPOT_OUTSIDE_ALLOW": '["127.0.0.0/8"]',
        }

    @contextmanager
    def process(self, command: str, **environment: str) -> Generator[subprocess.Popen[bytes]]:
        """Run one command of ``entrepot`` beside us, and stop it."""
        process = subprocess.Popen([sys.executable, "-m", "entrepot", command], env={**self.environment, **environment})
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    @contextmanager
    def web(self) -> Generator[str]:
        """Run a web process and yield its address."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with self.process("web", ENTREPOT_PORT=str(port)):
            for _ in range(300):
                try:
                    if httpx.get(f"{address}/healthz", timeout=1).is_success:
                        break
                except httpx.HTTPError:
                    pass
                asyncio.run(asyncio.sleep(0.1))
            yield address


@contextmanager
def instance() -> Generator[Instance]:
    """Make a scratch instance, and remove it."""
    warnings.simplefilter("ignore")
    register_tables()
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as name:
        settings = Settings(data_dir=Path(name), database_url=None, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
        box = SecretBox(settings.keys)
        with running_server(settings, box) as server:
            migrate(server, box)
            yield Instance(Path(name), settings, box, server)


async def seller_with_key(database: Database) -> tuple[SellerRef, httpx.BasicAuth]:
    """Make a seller, and an API key of it with every right a key may have."""
    async with database.transaction(Scope.all_sellers()) as session:
        seller = await create_seller(session, "Bench")
    async with database.transaction(Scope.of(seller.id)) as session:
        who = Principal(actor=SYSTEM, rights=frozenset(Right), sellers=(seller,), seller=seller)
        key = await KeyService(session, who).create_key(name="bench", rights=frozenset(Right) - INSTANCE)
    return seller, httpx.BasicAuth(key.public_id, key.secret)


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def report(name: str, value: float, unit: str, *, limit: float | None = None, notes: str = "") -> None:
    """Print one figure as one JSON line."""
    ratio = value / limit if limit else None
    print(json.dumps({"name": name, "value": value, "unit": unit, "limit": limit, "ratio": ratio, "notes": notes}))
