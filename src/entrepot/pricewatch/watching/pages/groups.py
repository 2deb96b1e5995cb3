"""Groups of watched products."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.pages.reading import texts_of
from entrepot.pricewatch.watching.service import WatchService


class GroupPages(Controller):
    """Groups."""

    path = "/prices/groups"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def index(self, session: AsyncSession) -> Template:
        """List groups."""
        return await _list(session)

    @post("/{group_id:uuid}", opt=needs(Right.PRICEWATCH_MANAGE))
    async def rename(
        self, request: Request[Any, Any, Any], session: AsyncSession, group_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Give a group another name."""
        form = await texts_of(request)
        try:
            await WatchService(session).rename_group(group_id, form.get("name", "")[:200])
        except InvalidInputError as error:
            return await _list(session, " ".join(error.problems.values()))
        except EntrepotError as error:
            if error.code != "pricewatch.group_name_taken":
                raise
            return await _list(session, told(error))
        return Redirect("/prices/groups", status_code=303)

    @post("/{group_id:uuid}/remove", opt=needs(Right.PRICEWATCH_MANAGE))
    async def remove(self, session: AsyncSession, group_id: FromPath[UUID]) -> Redirect:
        """Remove a group; its products stay."""
        await WatchService(session).remove_group(group_id)
        return Redirect("/prices/groups", status_code=303)


async def _list(session: AsyncSession, problem: str = "") -> Template:
    return Template(
        "pricewatch/watching/groups.html",
        context={"groups": await views.group_rows(session), "problem": problem},
        status_code=422 if problem else 200,
    )
