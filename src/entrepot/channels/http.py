"""What the pages and the API of channels share: the way out, for requests that talk to a channel."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.response import Redirect

from entrepot.channels.connections import Connections

LONGEST_SHOWN = 200_000
"""Characters of a payload on a page."""


@asynccontextmanager
async def connections_of(state: State) -> AsyncGenerator[Connections]:
    """Open the way out for one request; its calls are written down when it closes.

    ``state.connections``, if an application has it, serves all requests instead.
    """
    shared: Connections | None = state.get("connections")
    if shared is not None:
        yield shared
        return
    opened = Connections.of(state.database, state.box, state.settings)
    try:
        yield opened
    finally:
        await opened.aclose()


async def form_values(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the text fields of a form."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def see_other(path: str) -> Redirect:
    """Send the browser on after a form was accepted."""
    return Redirect(path, status_code=303)


def pretty(raw: bytes) -> str:
    """Return a payload as people read it: JSON indented, anything else as it is, very long ones cut."""
    try:
        text = msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = raw.decode(errors="replace")
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
