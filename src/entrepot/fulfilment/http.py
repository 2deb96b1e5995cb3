"""What the pages and the API of the floor share."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from litestar import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.service import BadgeHolder, holder_of
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.views import users
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.boards.board import Boards
from entrepot.fulfilment.carriage.manifests import ManifestDesk
from entrepot.fulfilment.carriers import CarrierLines
from entrepot.fulfilment.label_desk import LabelDesk
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.scope import Scope
from entrepot.kit.text import N_


@asynccontextmanager
async def carrier_lines(request: Request[Any, Any, Any]) -> AsyncGenerator[CarrierLines]:
    """Open the way to carriers for one request; ``state.carrier_lines``, if there is one, serves all."""
    state = request.app.state
    shared: CarrierLines | None = state.get("carrier_lines")
    if shared is not None:
        yield shared
        return
    opened = CarrierLines.of(state.database, state.box, state.settings)
    try:
        yield opened
    finally:
        await opened.aclose()


def own_transaction(request: Request[Any, Any, Any], principal: Principal) -> AbstractAsyncContextManager[AsyncSession]:
    """Open a transaction of its own, for requests that call a carrier between two of them."""
    database: Database = request.app.state.database
    return database.transaction(principal.scope, actor=principal.actor, request_id=request_id(request))


def request_id(request: Request[Any, Any, Any]) -> str:
    """Return what ties the request's events and calls together."""
    found: str = request.scope["state"].get("request_id", "")
    return found


def label_desk(request: Request[Any, Any, Any], principal: Principal, lines: CarrierLines) -> LabelDesk:
    """Return what makes and cancels labels."""
    return LabelDesk(
        request.app.state.database,
        lines,
        storage_of(request),
        scope=principal.scope,
        actor=principal.actor,
        request_id=request_id(request),
    )


def manifest_desk(request: Request[Any, Any, Any], principal: Principal, lines: CarrierLines) -> ManifestDesk:
    """Return what closes days."""
    return ManifestDesk(
        request.app.state.database,
        lines,
        storage_of(request),
        scope=principal.scope,
        actor=principal.actor,
        request_id=request_id(request),
    )


async def text_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the text fields of a form."""
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


async def chosen_ids(request: Request[Any, Any, Any]) -> list[UUID]:
    """Return the repeated field ``ids`` of a form.

    Raises:
        InvalidInputError: one is no id.
    """
    form = await request.form()
    try:
        return [UUID(str(value)) for value in form.getall("ids", [])]
    except ValueError:
        raise InvalidInputError({"ids": N_("One of the chosen rows cannot be read. Reload the page.")}) from None


def chosen_id(values: Mapping[str, str], name: str) -> UUID:
    """Return a hidden field of a form as an id.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return UUID(values.get(name, ""))
    except ValueError:
        raise InvalidInputError({name: N_("The form is incomplete. Reload the page.")}) from None


def sellers_of(principal: Principal) -> tuple[UUID, ...]:
    """Return the sellers whose work the caller does: the chosen one, or all that they may choose."""
    return (principal.seller.id,) if principal.seller else tuple(one.id for one in principal.sellers)


async def badge_holder(
    request: Request[Any, Any, Any], principal: Principal, code: str
) -> tuple[BadgeHolder, tuple[UUID, ...]] | None:
    """Return whose badge a scanned code is, and for which of the caller's sellers they may pick, if for any."""
    database: Database = request.app.state.database
    holder: BadgeHolder | None = None
    theirs: list[UUID] = []
    for seller_id in sellers_of(principal):
        found = await holder_of(database, code, seller_id)
        if found is not None and Right.FULFILMENT_PICK in found.rights:
            holder = found
            theirs.append(seller_id)
    return None if holder is None else (holder, tuple(theirs))


async def colleagues(request: Request[Any, Any, Any], principal: Principal) -> dict[UUID, str]:
    """Return who works for the caller's sellers, by id; whoever works for all of them, if the caller does so, too."""
    database: Database = request.app.state.database
    sellers = set(sellers_of(principal))
    async with database.transaction(Scope.all_sellers()) as everyone:
        found = await users(everyone, None if principal.everywhere else sellers, limit=200)
    return {
        user.id: user.name
        for user in found
        if not user.disabled and any(one.seller_id is None or one.seller_id in sellers for one in user.memberships)
    }


def whole_number(text: str, name: str) -> int:
    """Return a field as a number.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise InvalidInputError({name: N_("Enter a whole number.")}) from None


def boards_of(request: Request[Any, Any, Any]) -> Boards:
    """Return what makes the boards of this process."""
    state = request.app.state
    if not hasattr(state, "boards"):
        state.boards = Boards()
    boards: Boards = state.boards
    return boards


def printed(name: str, media_type: str, content: bytes) -> Response[bytes]:
    """Return a file for the browser to show, or to save under *name*."""
    plain = "".join(sign for sign in name if sign.isascii() and sign.isprintable() and sign not in '"\\')
    return Response(content, media_type=media_type, headers={"content-disposition": f'inline; filename="{plain}"'})
