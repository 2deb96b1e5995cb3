"""Watched prices for notebooks and scripts: the hub's own services, asked from outside the hub.

Works as the application's role: row-level security holds here as it does in the hub.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.views import sellers
from entrepot.kit.database import Database
from entrepot.kit.postgres import running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.tables import register_tables
from entrepot.pricewatch.history.dashboard import Dashboard, dashboard
from entrepot.pricewatch.history.domain import Span
from entrepot.pricewatch.history.views import History, history
from entrepot.pricewatch.watching import views as watching

MOST = 500


class PriceDesk:
    """Reads the prices of one seller, or of all.

    Args:
        url: of the database, as the application's role.
        scope_key: :meth:`SecretBox.derive` of ``"scope"``.
        seller_id: whose; None: everybody's.
    """

    def __init__(self, url: str, scope_key: str, seller_id: UUID | None = None) -> None:
        register_tables()
        self._url = url
        self._scope_key = scope_key
        self._scope = Scope.all_sellers() if seller_id is None else Scope.of(seller_id)

    @classmethod
    @contextmanager
    def here(cls) -> Generator[Self]:
        """Open the prices of the instance that the settings name; its database is started if it does not run."""
        settings = Settings()
        box = SecretBox(settings.keys)
        with running_server(settings, box) as server:
            yield cls(server.asyncpg(server.application), box.derive("scope"))

    def of(self, seller_id: UUID | None) -> "PriceDesk":
        """Return the desk of one seller."""
        return PriceDesk(self._url, self._scope_key, seller_id)

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """Open a transaction, for services that are not here."""
        async with (
            Database(self._url, self._scope_key, pool=1) as database,
            database.transaction(self._scope) as session,
        ):
            yield session

    async def sellers(self) -> dict[str, UUID]:
        """Return the sellers there are, by name."""
        async with self.session() as session:
            return {one.name: one.id for one in await sellers(session)}

    async def products(self, query: str = "", limit: int = MOST) -> list[dict[str, Any]]:
        """Return watched products with their cheapest price now, as rows of a table."""
        async with self.session() as session:
            rows = await watching.watched(session, query=query, limit=limit)
        return [
            {"id": row.id, "title": row.title, "price": row.price, "currency": row.currency, "store": row.store}
            for row in rows
        ]

    async def history(self, watched_product_id: UUID, span: Span = Span.QUARTER) -> History:
        """Return what a product cost.

        Raises:
            WatchedProductNotFoundError: there is none.
        """
        async with self.session() as session:
            return await history(session, watched_product_id, span)

    async def overview(self) -> Dashboard:
        """Return what the overview of prices shows."""
        async with self.session() as session:
            return await dashboard(session, None)
