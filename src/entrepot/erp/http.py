"""What the pages and the API of ERP accounts share: the way out, for requests that talk to an ERP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.response import Redirect

from entrepot.erp.connections import ErpConnections


@asynccontextmanager
async def connections_of(state: State) -> AsyncGenerator[ErpConnections]:
    """Open the way out for one request; its calls are written down when it closes."""
    opened = ErpConnections.of(state.database, state.box, state.settings)
    try:
        yield opened
    finally:
        await opened.aclose()


async def form_values(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the text fields of a form."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def form_list(request: Request[Any, Any, Any], name: str) -> list[str]:
    """Return every value of one field that may come more than once."""
    form = await request.form()
    return [value for value in form.getall(name, []) if isinstance(value, str)]


def see_other(path: str) -> Redirect:
    """Send the browser on after a form was accepted."""
    return Redirect(path, status_code=303)
