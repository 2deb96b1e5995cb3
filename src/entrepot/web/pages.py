"""Addresses that belong to no slice: language and health."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import open_to_all
from entrepot.kit.i18n import LOCALES
from entrepot.kit.sql import text
from entrepot.web.rendering import STATIC, VERSION, Assets

YEAR = 365 * 24 * 3600


@post("/session/language", opt=open_to_all(), include_in_schema=False)
async def choose_language(request: Request[Any, Any, Any]) -> Response[Any]:
    """Remember the language in a cookie and go back."""
    form = await request.form()
    locale = str(form.get("locale", ""))
    back = request.headers.get("referer", "/")
    answer = Redirect(path_of(back), status_code=303)
    if locale in LOCALES:
        answer.set_cookie("locale", locale, max_age=YEAR, samesite="lax")
    return answer


def path_of(address: str) -> str:
    """Return the path and query of *address*, so that a redirect never leaves this site."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    parts = urlsplit(address)
    path = "/" + parts.path.lstrip("/\\")
    return f"{path}?{parts.query}" if parts.query else path


@get("/healthz", opt=open_to_all(), include_in_schema=False)
async def health(session: AsyncSession) -> dict[str, str]:
    """Answer that this process and its database work."""
    await session.execute(text("SELECT 1"))
    return {"status": "ok", "version": VERSION}


@get("/offline", opt=open_to_all(), include_in_schema=False)
async def offline() -> Template:
    """Show what an installed hub keeps for when there is no connection."""
    return Template("offline.html")


@get("/service-worker.js", opt=open_to_all(), include_in_schema=False)
async def service_worker() -> Response[bytes]:
    """Send the script that keeps the dashboard: from the root, because it may serve nothing above its own address."""
    name = Assets().url("service-worker.js").removeprefix("/static/")
    path = STATIC / name
    if not path.is_file():
        raise NotFoundException
    return Response(path.read_bytes(), media_type="text/javascript", headers={"cache-control": "no-cache"})


ROUTES = [choose_language, health, offline, service_worker]
