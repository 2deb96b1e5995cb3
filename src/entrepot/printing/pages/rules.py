"""What is printed by itself."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.printing import views
from entrepot.printing.automatic import Rules
from entrepot.printing.forms import rule_fields, rule_label

PATH = "/printing/automatic"


class RulePages(Controller):
    """Rules."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.PRINTING_READ))
    async def index(self, session: AsyncSession) -> Template:
        """List what is printed by itself."""
        return await _page(session)

    @post(opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def add(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Print something by itself from now on."""
        form = await request.form()
        given = {name: str(form.get(name, "")) for name in ("what", "workstation_id", "copies")}
        topic, _, purpose = given["what"].partition(":")
        copies = int(given["copies"]) if given["copies"].isdecimal() and len(given["copies"]) < 5 else 0  # noqa: PLR2004 -- more is refused anyway
        try:
            station = UUID(given["workstation_id"]) if given["workstation_id"] else None
        except ValueError:
            station = None
        try:
            await Rules(session).add(principal.seller_id(), topic, purpose, station, copies)
        except InvalidInputError as error:
            return await _page(session, given, error.problems)
        return Redirect(PATH, status_code=303)

    @post("/{rule_id:uuid}/remove", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, rule_id: FromPath[UUID]) -> Redirect:
        """Print it no longer by itself."""
        await Rules(session).remove(rule_id)
        return Redirect(PATH, status_code=303)


async def _page(
    session: AsyncSession, given: dict[str, str] | None = None, problems: dict[str, str] | None = None
) -> Template:
    stations = await views.stations(session)
    context = {
        "rows": await views.rules(session),
        "label": rule_label,
        "fields": rule_fields(stations, given, problems),
    }
    return Template("printing/automatic.html", context=context, status_code=422 if problems else 200)


ROUTES = [RulePages]
