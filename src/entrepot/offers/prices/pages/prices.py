"""The list of prices, the page of one price, and the files."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit import outbox
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.xlsx_writing import MEDIA_TYPE, Workbook
from entrepot.offers.prices.browsing import price_lines, trouble
from entrepot.offers.prices.explaining import price_detail
from entrepot.offers.prices.exporting import HEADER, Opener, export_csv, export_rows
from entrepot.offers.prices.pages.reading import (
    account_options,
    address,
    amount_of,
    filters_of,
    moment_of,
    needed_moment,
    number_of,
    query_of,
    tabs,
    uuid_of,
)
from entrepot.offers.prices.planning import Planning
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.wording import OUTCOMES, PLANNED, SOURCES, STATES, timeline

ROWS = 50
EVENTS = 60


class PricePages(Controller):
    """Reading and setting prices."""

    path = "/offers/prices"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_list(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """List offers with what they cost, what they should cost, and who says so."""
        given = dict(request.query_params)
        filters, before = filters_of(given), uuid_of(given.get("cursor", ""))
        rows = await price_lines(session, filters, before=before, limit=ROWS + 1)
        query = query_of(filters)
        following = None
        if len(rows) > ROWS:
            following = address("/offers/prices", {**query, "cursor": str(rows[ROWS - 1].offer_id)})
        accounts = await ChannelService(session).accounts()
        counts = await trouble(session)
        context = {
            "rows": rows[:ROWS],
            "names": {account.id: account for account in accounts},
            "accounts": accounts,
            "account_options": account_options(accounts),
            "query": query,
            "first": address("/offers/prices", query) if before else None,
            "following": following,
            "states": [
                {"value": str(key), "label": gettext(label), "count": counts.get(key)}
                for key, (label, _) in STATES.items()
            ],
            "sources": [{"value": key, "label": gettext(label)} for key, (label, _) in SOURCES.items() if key],
            "state_of": state_of,
            "source_of": source_of,
            "tabs": tabs("prices"),
            "edit_url": address("/offers/prices/edit", query),
            "csv_url": address("/offers/prices/export.csv", query),
            "xlsx_url": address("/offers/prices/export.xlsx", query),
        }
        return Template("offers/prices/list.html", context=context)

    @get("/export.csv")
    async def export_csv(self, request: Request[Any, Any, Any], principal: Principal) -> Stream:
        """Hand out the prices as CSV that the import takes back."""
        filters, opener = filters_of(dict(request.query_params)), _opener(request, principal)
        headers = {"content-disposition": 'attachment; filename="prices.csv"'}
        return Stream(export_csv(opener, filters), media_type="text/csv; charset=utf-8", headers=headers)

    @get("/export.xlsx")
    async def export_xlsx(self, request: Request[Any, Any, Any], principal: Principal) -> Stream:
        """Hand out the prices as a workbook."""
        filters, opener = filters_of(dict(request.query_params)), _opener(request, principal)

        async def pieces() -> AsyncGenerator[bytes]:
            book = Workbook(gettext("Prices"), principal.time_zone)
            book.write([HEADER])
            async for batch in export_rows(opener, filters):
                book.write(batch)
            for piece in book.pieces():
                yield piece

        headers = {"content-disposition": 'attachment; filename="prices.xlsx"'}
        return Stream(pieces(), media_type=MEDIA_TYPE, headers=headers)

    @get("/{offer_id:uuid}")
    async def show(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Template:
        """Show one price: what it is, why, and what the channel was told."""
        return await _page(session, offer_id)

    @post("/{offer_id:uuid}/lock", opt=needs(Right.OFFERS_MANAGE))
    async def lock(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Set the price by hand."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            await PriceService(session).lock(
                offer_id,
                amount_of(form.get("price"), "price"),
                reason=form.get("reason", "").strip(),
                version=number_of(form.get("version")),
            )
        except InvalidInputError as error:
            return await _page(session, offer_id, problems=error.problems, entered=form)
        return _back(offer_id)

    @post("/{offer_id:uuid}/release", opt=needs(Right.OFFERS_MANAGE))
    async def release(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect:
        """Let go of the price set by hand."""
        form = await request.form()
        await PriceService(session).release([offer_id], version=number_of(form.get("version")))
        return _back(offer_id)

    @post("/{offer_id:uuid}/plan", opt=needs(Right.OFFERS_MANAGE))
    async def plan(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Plan a price from one moment to another."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            await Planning(session).plan(
                offer_id,
                amount_of(form.get("planned_price"), "planned_price"),
                starts_at=needed_moment(form.get("starts_at"), "starts_at"),
                ends_at=moment_of(form.get("ends_at"), "ends_at"),
                reason=form.get("planned_reason", ""),
            )
        except InvalidInputError as error:
            problems = {"planned_price" if name == "price" else name: text for name, text in error.problems.items()}
            return await _page(session, offer_id, problems=problems, entered=form)
        return _back(offer_id)

    @post("/{offer_id:uuid}/publish", opt=needs(Right.OFFERS_MANAGE))
    async def publish(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Redirect:
        """Tell the channel now."""
        await PriceService(session).publish_now(offer_id)
        return _back(offer_id)


def state_of(state: str) -> tuple[str, str]:
    """Return label and tone of a price's state."""
    label, tone = next(words for key, words in STATES.items() if key == state)
    return gettext(label), tone


def source_of(source: str) -> tuple[str, str]:
    """Return label and icon of who decides a price."""
    label, icon = SOURCES.get(source, SOURCES[""])
    return gettext(label), icon


def _opener(request: Request[Any, Any, Any], principal: Principal) -> Opener:
    database: Database = request.app.state.database
    return partial(database.transaction, principal.scope, actor=principal.actor)


async def _page(
    session: AsyncSession,
    offer_id: UUID,
    *,
    problems: dict[str, str] | None = None,
    entered: dict[str, str] | None = None,
) -> Template:
    detail = await price_detail(session, offer_id)
    events = await outbox.read_subjects(session, [offer_id], limit=EVENTS)
    context = {
        "detail": detail,
        "line": detail.line,
        "state_of": state_of,
        "source_of": source_of,
        "tr": gettext,
        "outcomes": {key: (gettext(label), tone) for key, (label, tone) in OUTCOMES.items()},
        "planned_states": {key: (gettext(label), tone) for key, (label, tone) in PLANNED.items()},
        "events": timeline(events),
        "problems": problems or {},
        "entered": entered or {},
    }
    return Template("offers/prices/detail.html", context=context, status_code=422 if problems else 200)


def _back(offer_id: UUID) -> Redirect:
    return Redirect(f"/offers/prices/{offer_id}", status_code=303)
