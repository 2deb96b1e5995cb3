"""REST API v1 of stores."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.pricewatch.extracting.contract import Extraction
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.addresses import normalise
from entrepot.pricewatch.watching.api.places import Limit, place
from entrepot.pricewatch.watching.looking import Secrets
from entrepot.pricewatch.watching.pages.reading import glance, own_transaction, stores_of
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.stores import SharedStore, StoreDraft, draft_of


class StoreIn(StoreDraft, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """How a store is fetched and read.  Cookies and headers are kept encrypted and never shown again."""

    headers: dict[str, str] | None = None
    """Instead of those it has; left out: they stay."""
    cookies: dict[str, str] | None = None
    service_url: str = ""
    version: int | None = None
    """If given, a change is refused unless it is the present one."""


class StoreOut(msgspec.Struct, kw_only=True):
    """A store."""

    id: UUID
    store: StoreDraft
    has_secrets: bool
    made_by: str
    version: int


class StoreList(msgspec.Struct):
    """A page of stores."""

    items: list[StoreOut]
    next: str | None


class TryPage(msgspec.Struct, forbid_unknown_fields=True):
    """A page to try a store on."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Tried(msgspec.Struct, kw_only=True):
    """What was found on a page that was tried; nothing is stored."""

    url: str
    status: int | None
    took_ms: int
    problem: str
    found: Extraction | None


class StoreApi(Controller):
    """Stores."""

    path = "/api/v1/price-stores"
    tags = ("price watch",)

    @get(operation_id="listPriceStores", summary="List stores", opt=needs(Right.PRICEWATCH_READ))
    async def show_list(
        self, session: AsyncSession, q: str = "", cursor: str | None = None, limit: Limit = 50
    ) -> StoreList:
        """List stores, the newest first."""
        rows = await views.store_rows(session, query=q.replace("\0", ""), before=place(cursor), limit=limit + 1)
        following = str(rows[limit - 1].store.id) if len(rows) > limit else None
        return StoreList([_out(row.store) for row in rows[:limit]], following)

    @post(operation_id="createPriceStore", summary="Add a store", opt=needs(Right.PRICEWATCH_MANAGE))
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, data: JSONBody[StoreIn]
    ) -> StoreOut:
        """Add a store."""
        service = stores_of(request, session)
        store_id = await service.create(principal.seller_id(), _draft(data), secrets=_secrets(data))
        return _out(await service.store(store_id))

    @get("/{store_id:uuid}", operation_id="getPriceStore", summary="Show a store", opt=needs(Right.PRICEWATCH_READ))
    async def show(self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]) -> StoreOut:
        """Show a store."""
        return _out(await stores_of(request, session).store(store_id))

    @put(
        "/{store_id:uuid}",
        operation_id="changePriceStore",
        summary="Change a store",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID], data: JSONBody[StoreIn]
    ) -> StoreOut:
        """Change how a store is fetched and read; refused if kept pages would be read differently."""
        service = stores_of(request, session)
        await service.change(store_id, _draft(data), secrets=_secrets(data), version=data.version)
        return _out(await service.store(store_id))

    @delete(
        "/{store_id:uuid}",
        operation_id="removePriceStore",
        summary="Remove a store",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def remove(self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]) -> None:
        """Remove a store without listings."""
        await stores_of(request, session).remove(store_id)

    @get(
        "/{store_id:uuid}/export",
        operation_id="exportPriceStore",
        summary="Export a store",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def export(
        self, request: Request[Any, Any, Any], session: AsyncSession, store_id: FromPath[UUID]
    ) -> SharedStore:
        """Return a store as it is shared: without cookies and headers."""
        return await stores_of(request, session).export(store_id)

    @post(
        "/{store_id:uuid}/try",
        operation_id="tryPriceStore",
        summary="Try a store on a page",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=200,
    )
    async def try_page(
        self, request: Request[Any, Any, Any], principal: Principal, store_id: FromPath[UUID], data: JSONBody[TryPage]
    ) -> Tried:
        """Fetch a page as the store is set up, and return what is found on it; nothing is stored."""
        async with own_transaction(request, principal) as session:
            store = await stores_of(request, session).store(store_id)
        seen, address = await glance(request, store, normalise(data.url))
        return Tried(
            url=address,
            status=seen.status,
            took_ms=seen.took_ms,
            problem=seen.problem.english if seen.problem else "",
            found=seen.extraction,
        )


def _draft(data: StoreIn) -> StoreDraft:
    return StoreDraft(**{name: getattr(data, name) for name in StoreDraft.__struct_fields__})


def _secrets(data: StoreIn) -> Secrets | None:
    if data.headers is None and data.cookies is None and not data.service_url:
        return None
    return Secrets(headers=data.headers or {}, cookies=data.cookies or {}, service_url=data.service_url)


def _out(store: StoreRef) -> StoreOut:
    return StoreOut(
        id=store.id,
        store=draft_of(store),
        has_secrets=store.sealed is not None,
        made_by=store.made_by,
        version=store.version,
    )
