"""What these pages share: reading forms and addresses, and looking at a page of a store within a request."""

from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.documents.pages import storage_of
from entrepot.kit.database import Database
from entrepot.kit.secretbox import SecretBox
from entrepot.pricewatch.fetching.service import Fetcher
from entrepot.pricewatch.watching.addresses import canonical, normalise
from entrepot.pricewatch.watching.domain import Pin
from entrepot.pricewatch.watching.looking import Look, look, plan_for
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.stores import StoreService

LONGEST_NUMBER = 9
SHORT_WAIT = 15
"""Seconds that a person waits for a page."""


def uuid_of(given: str) -> UUID | None:
    """Return an id, or None."""
    try:
        return UUID(given)
    except ValueError:
        return None


def number_of(given: object) -> int | None:
    """Return a whole number that fits a column, or None."""
    return int(given) if isinstance(given, str) and given.strip().isdecimal() and len(given) <= LONGEST_NUMBER else None


def asked_number(given: str, *, default: int | None = None) -> int | None:
    """Return the number entered, *default* for nothing, and -1 (which no use case takes) for nonsense."""
    if not given.strip():
        return default
    found = number_of(given.strip())
    return -1 if found is None else found


async def texts_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the form's fields."""
    form = await request.form()
    return {name: str(value).replace("\0", "") for name, value in form.items()}


async def picked(request: Request[Any, Any, Any]) -> list[UUID]:
    """Return the rows picked in a list."""
    form = await request.form()
    return [found for value in form.getall("ids", []) if (found := uuid_of(str(value))) is not None]


def user_of(principal: Principal) -> UUID | None:
    """Return whose favourites count; a program has none."""
    return uuid_of(principal.actor.id)


def box_of(request: Request[Any, Any, Any]) -> SecretBox:
    """Return what opens the secrets of this instance."""
    box: SecretBox = request.app.state.box
    return box


def stores_of(request: Request[Any, Any, Any], session: AsyncSession) -> StoreService:
    """Return the use cases of stores for this request."""
    return StoreService(session, box_of(request), storage_of(request))


def own_transaction(request: Request[Any, Any, Any], principal: Principal) -> AbstractAsyncContextManager[AsyncSession]:
    """Open a transaction of its own, for requests that fetch a page between two of them."""
    database: Database = request.app.state.database
    found: str = request.scope["state"].get("request_id", "")
    return database.transaction(principal.scope, actor=principal.actor, request_id=found)


async def glance(
    request: Request[Any, Any, Any], store: StoreRef, url: str, pins: tuple[Pin, ...] = ()
) -> tuple[Look, str]:
    """Look at a page now, and return what it says and the address it calls its own; nothing is stored."""
    state = request.app.state
    plan = msgspec.structs.replace(plan_for(store, url, box_of(request)), timeout=SHORT_WAIT, patience=SHORT_WAIT)
    async with Fetcher.of(state.database, state.settings) as fetcher:
        seen = await look(fetcher, plan, store, pins)
    if seen.fetched is None or seen.fetched.not_modified:
        return seen, url
    return seen, canonical(normalise(seen.fetched.url or url), seen.fetched.body)


def field(name: str, label: str, value: object = "", **more: object) -> dict[str, Any]:
    """Return a field of a form, as the components take it."""
    return {
        "name": name,
        "label": label,
        "help": "",
        "type": "text",
        "value": value,
        "error": "",
        "required": False,
        "options": [],
    } | more
