"""The chart of a watched product, its export, and the dashboard of prices."""

import re
from bisect import bisect_right
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.params import FromPath
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import NavItem
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.csv_writing import BOM, Cell, csv_text
from entrepot.kit.database import Database
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.kit.xlsx_writing import MEDIA_TYPE, Workbook
from entrepot.pricewatch.history.dashboard import dashboard
from entrepot.pricewatch.history.domain import Line, Span
from entrepot.pricewatch.history.views import History, Observed, history, observations
from entrepot.pricewatch.history.wording import SPANS, TRENDS, explained, verdict_badge
from entrepot.pricewatch.watching.service import WatchService

MOST_LINES = 6
MOST_STEPS = 100
HEADINGS = (
    N_("Time"), N_("Store"), N_("Address"), N_("Price"), N_("Shipping"), N_("Price per unit with shipping"),
    N_("Currency"), N_("Availability"), N_("Written because"),
)  # fmt: skip


class HistoryPages(Controller):
    """Charts of watched products."""

    path = "/prices/products/{watched_product_id:uuid}/history"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, watched_product_id: FromPath[UUID], span: str = "") -> Template:
        """Draw what a product cost: a piece of its page."""
        chosen = span_of(span)
        found = await history(session, watched_product_id, chosen)
        return Template(
            "pricewatch/history/_history.html",
            context={
                "product_id": watched_product_id,
                "found": found,
                "chart": chart_of(found),
                "shown": MOST_LINES,
                "spans": [(one, gettext(label)) for one, label in SPANS.items()],
                "explained": explained(found.figures) if found.figures else "",
                "badge": verdict_badge(found.figures.verdict) if found.figures else None,
                "verdict_badge": verdict_badge,
                "trends": TRENDS,
                "steps": list(reversed(found.steps))[:MOST_STEPS],
            },
        )

    @get("/export")
    async def export(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        watched_product_id: FromPath[UUID],
        form: str = "csv",
        span: str = "all",
    ) -> Stream:
        """Hand out every observation as a file."""
        product = await WatchService(session).product(watched_product_id)
        kind = "xlsx" if form == "xlsx" else "csv"
        name = re.sub(r"[^a-z0-9]+", "-", product.title.lower()).strip("-")[:60] or "product"
        database: Database = request.app.state.database
        pieces = _xlsx if kind == "xlsx" else _csv
        return Stream(
            pieces(database, principal, watched_product_id, span_of(span)),
            media_type=MEDIA_TYPE if kind == "xlsx" else "text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="prices-{name}.{kind}"'},
        )


class DashboardPages(Controller):
    """The first page of prices."""

    path = "/prices"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, principal: Principal) -> Template:
        """Show totals, favourites, what fell, and what is good to buy now."""
        user_id = UUID(principal.actor.id) if principal.actor.kind == "user" else None
        shown = await dashboard(session, user_id)
        return Template("pricewatch/history/dashboard.html", context={"shown": shown, "verdict_badge": verdict_badge})


def span_of(written: str) -> Span:
    """Return how far to look back; 90 days if it is not said."""
    return Span(written) if written in set(Span) else Span.QUARTER


def chart_of(found: History) -> dict[str, Any]:
    """Return what the script draws: every listing's price at every moment that one changed, and when nobody sold it."""
    names = {one.listing.id: one.listing.store for one in found.stores}
    order = [one.listing.id for one in found.stores]
    lines = [line for line in found.lines if line.points][:MOST_LINES]
    lines.sort(key=lambda line: order.index(line.listing_id))
    moments = sorted({point.at for line in lines for point in line.points} | {found.until} if lines else set())
    repeated = [names[line.listing_id] for line in lines]
    return {
        "x": [int(moment.timestamp()) for moment in moments],
        "currency": found.currency,
        "series": [
            {
                "label": names[line.listing_id]
                if repeated.count(names[line.listing_id]) == 1
                else f"{names[line.listing_id]} {number + 1}",
                "values": [_at(line, moment) for moment in moments],
            }
            for number, line in enumerate(lines)
        ],
        "bands": [[int(begin.timestamp()), int(end.timestamp())] for begin, end in found.gaps],
    }


def _at(line: Line, moment: Any) -> float | None:  # noqa: ANN401 -- compared with what points hold
    number = bisect_right(line.points, moment, key=lambda point: point.at)
    if number == 0:
        return None
    price = line.points[number - 1].price
    return None if price is None else float(price)  # drawn, not counted


def cells(row: Observed) -> list[Cell]:
    """Return an observation as a line of a file."""
    return [
        row.observed_at,
        row.store,
        row.url,
        row.price,
        row.shipping,
        row.unit_price,
        row.currency,
        row.availability,
        row.reason,
    ]


async def _csv(database: Database, principal: Principal, product_id: UUID, span: Span) -> AsyncGenerator[bytes]:
    yield (BOM + csv_text([[gettext(heading) for heading in HEADINGS]])).encode()
    async with database.transaction(principal.scope, actor=principal.actor) as session:
        async for rows in observations(session, product_id, span):
            yield csv_text(cells(row) for row in rows).encode()


async def _xlsx(database: Database, principal: Principal, product_id: UUID, span: Span) -> AsyncGenerator[bytes]:
    book = Workbook(gettext(N_("Prices")), principal.time_zone)
    book.write([[gettext(heading) for heading in HEADINGS]])
    async with database.transaction(principal.scope, actor=principal.actor) as session:
        async for rows in observations(session, product_id, span):
            book.write(cells(row) for row in rows)
    for piece in book.pieces():
        yield piece


ROUTES = [HistoryPages, DashboardPages]
NAV = [
    NavItem(
        section="prices",
        label=N_("Price overview"),
        url="/prices",
        icon="chart-line",
        right=Right.PRICEWATCH_READ,
        order=10,
    ),
]
