"""Groups of orders that leave together."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.consolidating.views import candidates, groups
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import chosen_id, chosen_ids, text_fields, whole_number
from entrepot.fulfilment.way.stages import LABELS
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError


class ConsolidationPages(Controller):
    """Bring orders together."""

    path = "/fulfilment/consolidation"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def board(self, session: AsyncSession) -> Template:
        """Show the groups, what they wait for, and what could be one."""
        return Template("fulfilment/consolidation.html", context=await _board(session))

    @post(opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def group(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Bring orders together, chosen on a list or by their numbers."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                ids = set(await chosen_ids(request))
                for number in values.get("numbers", "").replace(";", ",").split(","):
                    if number.strip():
                        ids.add(await _called(session, number.strip()))
                minutes = values.get("minutes", "")
                await Consolidating(session).group(ids, minutes=_minutes(minutes) if minutes else None)
        except EntrepotError as error:
            context = await _board(session, error, values)
            return Template("fulfilment/consolidation.html", context=context, status_code=422)
        return Redirect("/fulfilment/consolidation", status_code=303)

    @post("/{group_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def act(
        self, request: HTMXRequest, group_id: UUID, action: str, session: AsyncSession
    ) -> Response[Any] | Template:
        """Let a group go on, or take an order out."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                if action == "out":
                    await Consolidating(session).take_out(group_id, chosen_id(values, "order"))
                elif action == "go":
                    await Consolidating(session).let_go(group_id, values.get("reason", ""))
        except EntrepotError as error:
            context = await _board(session, error)
            return Template("fulfilment/consolidation.html", context=context, status_code=422)
        return Redirect("/fulfilment/consolidation", status_code=303)


LONGEST_WAIT = 10_080


def _minutes(written: str) -> int:
    return max(1, min(LONGEST_WAIT, whole_number(written, "minutes")))


async def _called(session: AsyncSession, number: str) -> UUID:
    found = await views.orders_called(session, number)
    if not found:
        raise UnknownStationCodeError(code=number[:60])
    return found[0]


async def _board(
    session: AsyncSession, error: EntrepotError | None = None, values: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "groups": await groups(session),
        "candidates": await candidates(session),
        "labels": LABELS,
        "now": now(),
        "error": error,
        "values": values or {},
    }


ROUTES = [ConsolidationPages]
