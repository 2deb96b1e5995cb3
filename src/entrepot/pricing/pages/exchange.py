"""Pages of files with groups and rules: out, and in after a look."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.clock import now
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.errors import BadImportError
from entrepot.pricing.exchange import MOST_BYTES, Exchange, Planned
from entrepot.pricing.pages.reading import completed, said, tabs, uuid_of
from entrepot.pricing.rules import said as sentence


class ExchangePages(Controller):
    """Import and export."""

    path = "/pricing"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get("/export.json")
    async def export(self, session: AsyncSession, group: str = "") -> Response[bytes]:
        """Give groups and rules as a file."""
        chosen = uuid_of(group)
        content = await Exchange(session).export(None if chosen is None else [chosen])
        headers = {"content-disposition": f'attachment; filename="price-rules-{now():%Y-%m-%d}.json"'}
        return Response(content, media_type="application/json", headers=headers)

    @get("/import", opt=needs(Right.PRICING_MANAGE))
    async def ask(self) -> Template:
        """Ask for a file."""
        return _page(None, "", "")

    @post("/import", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def bring_in(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Show what a file would bring, then bring it in."""
        form = await request.form()
        upload, kept = form.get("file"), str(form.get("content", ""))
        if isinstance(upload, UploadFile):
            raw = (await upload.read(MOST_BYTES + 1)) or b""
            kept = raw.decode("utf-8", "replace").replace("\0", "")
        try:
            if form.get("go"):
                await Exchange(session).bring_in(principal.seller_id(), kept.encode())
                return Redirect("/pricing", status_code=303)
            return _page(await Exchange(session).plan(kept.encode()), kept, "")
        except BadImportError as error:
            return _page(None, "", sentence(error))


def _page(planned: list[Planned] | None, content: str, problem: str) -> Template:
    fields = completed(
        [
            {
                "name": "file",
                "label": gettext(N_("File with groups and rules")),
                "type": "file",
                "accept": "application/json,.json",
                "required": True,
            }
        ],
        {"file": problem} if problem else {},
    )
    context = {"tabs": tabs("overview"), "planned": planned, "content": content, "fields": fields}
    return Template("pricing/import.html", context=said(context), status_code=422 if problem else 200)


ROUTES = [ExchangePages]
