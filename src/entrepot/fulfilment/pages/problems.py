"""Parcels that need a person."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.fulfilment.carriage.problems import ADVICE, KIND_LABELS, ProblemKind, Problems
from entrepot.fulfilment.carriage.views import problem_counts, problem_rows
from entrepot.fulfilment.http import text_fields
from entrepot.kit.errors import InvalidInputError

PATH = "/fulfilment/problems"
PAGE = 50


class ProblemPages(Controller):
    """Problems of parcels."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(
        self, session: AsyncSession, kind: str = "", done: str = "", before: UUID | None = None
    ) -> Template:
        """List what is open, or what was cleared."""
        return Template(
            "fulfilment/problems.html", context=await _context(session, kind=kind, done=bool(done), before=before)
        )

    @post("/{problem_id:uuid}/clear", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def clear(self, request: HTMXRequest, problem_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Clear a problem, with what was done about it."""
        values = await text_fields(request)
        try:
            await Problems(session).clear(problem_id, values.get("reason", ""))
        except InvalidInputError as error:
            context = await _context(session) | {"wrong": problem_id, "sentence": error.problems["reason"]}
            return Template("fulfilment/problems.html", context=context, status_code=422)
        return Redirect(PATH, status_code=303)


async def _context(
    session: AsyncSession, *, kind: str = "", done: bool = False, before: UUID | None = None
) -> dict[str, Any]:
    kind = kind if kind in set(ProblemKind) else ""
    found = await problem_rows(session, kind=kind, cleared=done, before=before, limit=PAGE + 1)
    query = {name: value for name, value in (("kind", kind), ("done", "1" if done else "")) if value}
    address = "&".join(f"{name}={value}" for name, value in query.items())
    return {
        "rows": found[:PAGE],
        "counts": await problem_counts(session),
        "kinds": KIND_LABELS,
        "advice": ADVICE,
        "kind": kind,
        "done": done,
        "query": query,
        "next": f"{PATH}?{address}&before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        "wrong": None,
        "sentence": "",
    }


ROUTES = [ProblemPages]
