"""A web shop on this machine whose pages say what a test wants, and checks of it without a worker."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.pricewatch.watching.service import NewListing, WatchService
from entrepot.pricewatch.watching.tasks import CheckDue

PAGE = """<!doctype html><html lang="nl"><head><title>{title}</title>
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "Product", "name": "{title}",
"sku": "M-1", "offers": {{"@type": "Offer", "price": "{price}", "priceCurrency": "{currency}",
"availability": "https://schema.org/{stock}"}}}}</script></head><body><h1>{title}</h1></body></html>"""
PLAIN = (
    '<!doctype html><html lang="nl"><body><h1>Mug</h1><p class="price">€ {price}</p><p>Op voorraad</p></body></html>'
)


def page(price: str, currency: str = "EUR", stock: str = "InStock", title: str = "Mug, blue") -> str:
    return PAGE.format(price=price, currency=currency, stock=stock, title=title)


@dataclass
class Shop:
    """A shop: path -> status and page."""

    port: int = 0
    pages: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    """Path -> media type and content of what is no page."""
    asked: list[str] = field(default_factory=list[str])
    sent: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """What came with the last request of a path."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1].decode().split("?")[0]
                self.asked.append(path)
                if length := re.search(rb"(?i)content-length: *(\d+)", head):
                    self.sent[path] = await reader.readexactly(int(length[1]))
                status, body = self.pages.get(path, (404, "<h1>Nothing here</h1>"))
                kind, content = "text/html; charset=utf-8", body.encode()
                if path in self.files:
                    status, (kind, content) = 200, self.files[path]
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                    % (status, kind.encode(), len(content), content)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def shop() -> AsyncGenerator[Shop]:
    made = Shop()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
def outside(tmp_path: Path) -> Settings:
    """Settings that let this machine be reached."""
    return Settings(data_dir=tmp_path, outside_allow=["127.0.0.0/8"], _env_file=None)  # type: ignore[call-arg, list-item]  # pydantic-settings


@dataclass
class Watch:
    """A seller that watches pages of the shop."""

    database: Database
    box: SecretBox
    settings: Settings
    seller: SellerRef

    async def add(self, url: str, **more: Any) -> tuple[UUID, UUID]:  # noqa: ANN401 -- as NewListing says
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            added = await WatchService(session).add_url(self.seller.id, NewListing(url=url, **more))
            await session.execute(text("UPDATE price_store SET interval_ms = 1, concurrency = 16"))
            assert added.listing_id is not None
            return added.watched_product_id, added.listing_id

    async def check(self) -> None:
        """Check every page of this seller now."""
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            await session.execute(text("UPDATE price_listing SET next_check_at = now()"))
        await run_inline(self.database, self.box, self.settings, CheckDue())

    async def rows(self, statement: str, **values: object) -> list[Any]:
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            return list((await session.execute(text(statement), values)).all())


@pytest.fixture
def watch(database: Database, box: SecretBox, outside: Settings, seller: SellerRef) -> Watch:
    return Watch(database, box, outside, seller)


type MakeSeller = Callable[..., Awaitable[SellerRef]]
