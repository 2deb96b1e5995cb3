"""Live boards: what each station has before it, who works on what, and how the day goes.  Made for the wall, too."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.board import Board
from entrepot.fulfilment.boards.days import today
from entrepot.fulfilment.boards.domain import LABELS, STAGES, Station, duration
from entrepot.fulfilment.boards.presence import BEAT_S, be_present, presence_of
from entrepot.fulfilment.boards.sites import Site, site_called
from entrepot.fulfilment.http import boards_of, text_fields
from entrepot.fulfilment.way.stages import LABELS as STAGE_LABELS
from entrepot.fulfilment.way.stages import WORKED

ALL = "all"
"""The supervisor's board."""
LEAST_HOURS = 8
"""Of a chart, so that a single busy hour is not all of it."""


class BoardPages(Controller):
    """Boards."""

    path = "/fulfilment/boards"
    opt = needs(Right.FULFILMENT_READ)
    include_in_schema = False

    @get(["/", "/{station:str}"])
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        station: str = ALL,
        warehouse: UUID | None = None,
        wall: str = "",
    ) -> Template:
        """Show a board; *wall*: nothing else, in letters for across the hall."""
        context = await _context(request, session, principal, station, warehouse)
        return Template("fulfilment/board.html", context=context | {"wall": bool(wall)})

    @get("/{station:str}/now")
    async def refresh(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        station: FromPath[str],
        warehouse: UUID | None = None,
    ) -> Response[str]:
        """Show what changes of a board: drawn once for all who look at once and read the same language."""
        engine = request.app.template_engine
        assert engine is not None  # noqa: S101 -- the application has one
        template: Any = engine.get_template("fulfilment/_board.html")

        async def draw() -> str:
            context = await _context(request, session, principal, station, warehouse)
            return str(template.render({**context, "request": request}))

        reader = request.cookies.get("locale", ""), principal.locale, principal.time_zone
        html = await boards_of(request).drawn.get((principal.scope, station, warehouse, reader), draw)
        return Response(html, media_type=MediaType.HTML)


@post(
    "/fulfilment/floor/{order_id:uuid}/presence",
    opt=needs(Right.FULFILMENT_READ),
    include_in_schema=False,
    status_code=200,
)
async def beat(request: HTMXRequest, order_id: FromPath[UUID], session: AsyncSession) -> Template:
    """Note that the caller has an order open, and show who else has."""
    station = (await text_fields(request)).get("station", "")
    others = await be_present(session, order_id, station)
    context = {
        "order_id": order_id,
        "station": station,
        "others": others,
        "beat_s": BEAT_S,
        "told_as": presence_of(order_id),
    }
    return Template("fulfilment/_presence.html", context=context)


async def _context(
    request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, name: str, warehouse: UUID | None
) -> dict[str, Any]:
    boards = boards_of(request)
    known = await boards.sites(session)
    site = site_called(known, warehouse)
    zone = site.time_zone if site else known[0].time_zone if len(known) == 1 else principal.time_zone
    station = Station(name) if name in set(Station) else None
    board = await boards.board(session, zone, site=warehouse, station=station)
    query = f"?{urlencode({'warehouse': warehouse})}" if warehouse else ""
    return {
        "board": board,
        "station": station,
        "name": str(station or ALL),
        "figures": next((one for one in board.stations if one.station is station), None),
        "stations": [one for one in board.stations if station is None],
        "every": list(Station),
        "labels": LABELS,
        "stage_labels": STAGE_LABELS,
        "worked": WORKED,
        "duration": duration,
        "sites": known,
        "site": site,
        "query": query,
        "at_work": _shown_work(board, station),
        "opened": [one for one in board.opened if station is None or one.station in {str(station), *_short(station)}],
        "chart": _chart(board, station, site, zone),
    }


def _shown_work(board: Board, station: Station | None) -> list[Any]:
    return [one for one in board.at_work if station is None or one.stage in STAGES[station]]


def _short(station: Station) -> set[str]:
    """Return under which names pages of a station beat."""
    return {"picking": {"pick"}, "checking": {"check"}, "packing": {"pack"}, "boxing": {"box"}}.get(station, set())


def _chart(board: Board, station: Station | None, site: Site | None, zone: str) -> dict[str, Any]:
    """Return what was done by the hour, against the same weekday; the whole floor is done when orders leave."""
    wanted = station or Station.DISPATCH
    figures = next(one for one in board.stations if one.station is wanted)
    busy = [hour for hour in range(24) if figures.hours[hour] or figures.usual_hours[hour]] + [board.hour]
    begins = max(0, min([*busy, max(busy) - LEAST_HOURS]))
    shown = range(begins, min(24, max(*busy, begins + LEAST_HOURS) + 1))
    midnight: datetime = today(site.time_zone if site else zone).begins
    return {
        "x": [int((midnight + timedelta(hours=hour)).timestamp()) for hour in shown],
        "done": [figures.hours[hour] for hour in shown],
        "usual": [round(figures.usual_hours[hour], 1) for hour in shown],
    }


ROUTES = [BoardPages, beat]
