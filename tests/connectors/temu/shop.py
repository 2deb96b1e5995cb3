"""A Temu shop in a sandbox, and what its hub has stored."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from entrepot.channels.contract import RawDocument
from entrepot.channels.line import DocumentKey, Line
from entrepot.connectors.temu.connector import Temu
from entrepot.connectors.temu.credentials import TemuCredentials
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.temu.shop import Shop, Shops
from entrepot.sandbox.world import World

KEY, SECRET, TOKEN = "sandbox-temu-app", "sandbox-temu-secret-1", "sandbox-temu-token-1"


def credentials(**changes: Any) -> TemuCredentials:  # noqa: ANN401 -- passed on
    values: dict[str, Any] = {
        "app_key": KEY,
        "app_secret": SecretStr(SECRET),
        "access_token": SecretStr(TOKEN),
        "gateway": "http://temu.test/openapi/router",
    }
    return TemuCredentials(**(values | changes))


class Hub:
    """One account, and what was stored."""

    def __init__(self, world: World, **changes: Any) -> None:  # noqa: ANN401 -- passed on
        self.world = world
        self.stored: dict[DocumentKey, RawDocument] = {}
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(create_sandbox(world)))  # type: ignore[arg-type]  # Litestar narrows the scope
        self.temu = Temu(credentials(**changes), Line(http=self.http, known=self._known))
        self.cursor: str | None = None

    @property
    def shop(self) -> Shop:
        return Shops.of(self.world).by_key[KEY]

    async def _known(self, keys: Any) -> set[DocumentKey]:  # noqa: ANN401 -- a sequence of keys
        return {key for key in keys if key in self.stored and not self.stored[key].problem}

    async def page(self) -> bool:
        """Fetch and store a page; tell whether there are more."""
        page = await self.temu.fetch_orders(self.cursor)
        for document in page.items:
            self.stored[DocumentKey(document.document_id, document.fingerprint)] = document
        self.cursor = page.next
        return page.more

    async def sweep(self) -> None:
        for _ in range(200):
            if not await self.page():
                return
        pytest.fail("the sweep does not end")

    def whole(self) -> set[str]:
        """Return the orders that came and can be read."""
        documents = [document for document in self.stored.values() if not document.problem]
        return {self.temu.read_order(document.raw).channel_order_id for document in documents}
