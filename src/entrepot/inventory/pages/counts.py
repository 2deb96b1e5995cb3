"""Counts: asked for, counted blind, compared, approved."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.views import users
from entrepot.catalog.service import ProductRef
from entrepot.inventory import views
from entrepot.inventory.domain import COUNT_CAUSES
from entrepot.inventory.errors import (
    CountUnfinishedError,
    LotUnclearError,
    RecountNeededError,
    UnknownCountError,
    UnknownWarehouseError,
)
from entrepot.inventory.forms import field, movement_fields, sentence, warehouse_field
from entrepot.inventory.pages.movements import read_number
from entrepot.inventory.pages.work import uuid_of
from entrepot.inventory.refs import LocationRef
from entrepot.inventory.service import InventoryService, LostReservation
from entrepot.kit.clock import now
from entrepot.kit.csv_writing import BOM, csv_text
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.scope import Scope
from entrepot.kit.text import N_

ROWS = 50
SCANNED = ("location", "product", "lot", "quantity")
OPTIONAL = frozenset({"lot"})
PERIODS = (7, 30, 90, 365)
MOST_ROWS = 10_000
DIFFERENCE_COLUMNS = ("closed_at", "count", "warehouse_code", "location_code", "sku", "title", "lot", "expected", "counted", "first_counted", "counted_by", "closed_by", "value", "currency")  # fmt: skip


class CountPages(Controller):
    """Counting."""

    path = "/counts"
    opt = needs(Right.INVENTORY_COUNT)
    include_in_schema = False

    @get()
    async def show_list(
        self,
        session: AsyncSession,
        principal: Principal,
        before: UUID | None = None,
        stocktake: UUID | None = None,
        show: str = "",
    ) -> Template:
        """List counts, newest first."""
        rows = await views.counts(
            session,
            before=before,
            stocktake_id=stocktake,
            assigned_to=uuid_of(principal.actor.id) if show == "mine" else None,
            status="active" if show in {"active", "mine"} else "",
            limit=ROWS + 1,
        )
        query = {"show": show} if show else {}
        if stocktake:
            query["stocktake"] = str(stocktake)
        older = f"/counts?{urlencode({**query, 'before': str(rows[ROWS - 1].id)})}" if len(rows) > ROWS else None
        return Template(
            "inventory/counts.html",
            context={"rows": rows[:ROWS], "older": older, "causes": COUNT_CAUSES, "query": query},
        )

    @get("/report")
    async def report(self, session: AsyncSession, days: int = 30, warehouse: str = "") -> Template:
        """Say how right the books were, and what the differences are worth."""
        days = days if days in PERIODS else 30
        since, warehouse_id = now() - timedelta(days=days), uuid_of(warehouse)
        return Template(
            "inventory/count_report.html",
            context={
                "totals": await views.count_report(session, since=since, warehouse_id=warehouse_id),
                "rows": await views.count_differences(session, since=since, warehouse_id=warehouse_id),
                "days": days,
                "period_tabs": [
                    {
                        "label": gettext(N_("{days} days")).format(days=period),
                        "url": f"/counts/report?days={period}",
                        "active": period == days,
                    }
                    for period in PERIODS
                ],
                "query": {"days": days, "warehouse": warehouse},
            },
        )

    @get("/report.csv")
    async def export(self, session: AsyncSession, days: int = 30, warehouse: str = "") -> Response[bytes]:
        """Give the differences as a table."""
        since = now() - timedelta(days=days if days in PERIODS else 30)
        rows = await views.count_differences(session, since=since, warehouse_id=uuid_of(warehouse), limit=MOST_ROWS)
        table = csv_text([DIFFERENCE_COLUMNS, *([getattr(row, name) for name in DIFFERENCE_COLUMNS] for row in rows)])
        return Response(
            (BOM + table).encode(),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="count-differences.csv"'},
        )

    @get("/new")
    async def show_new(self, session: AsyncSession) -> Template:
        """Ask what to count."""
        return await _form(session, {})

    @post()
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Make the sheet."""
        form = await request.form()
        values = {name: str(value).replace("\0", "").strip() for name, value in form.items()}
        stock = InventoryService(session)
        seller_id = principal.seller_id()
        try:
            async with session.begin_nested():
                target = await _open(stock, seller_id, values)
        except EntrepotError as error:
            return await _form(session, values, sentence(error))
        return Redirect(target, status_code=303)

    @get("/{count_id:uuid}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        count_id: FromPath[UUID],
        location: str = "",
    ) -> Template:
        """Show the sheet: to count, to approve, or as it was."""
        people = await _colleagues(request, principal)
        return await _show(session, count_id, {"location": location}, people=people)

    @post("/{count_id:uuid}/lines")
    async def record(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, count_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Note what was found."""
        form = await request.form()
        given = {name: str(form.get(name, "")).replace("\0", "").strip() for name in SCANNED}
        count = await _count(session, count_id)
        stock = InventoryService(session)
        problems: dict[str, str] = {}
        product = location = None
        counted = 0
        for name in SCANNED:
            try:
                if name == "location" and given[name]:
                    location = await stock.scan_location(given[name], warehouse_id=count.warehouse_id)
                elif name == "product" and given[name]:
                    product = await stock.scan_product(principal.seller_id(), given[name])
                elif name == "quantity" and given[name]:
                    counted = read_number(name, given[name])
            except EntrepotError as error:
                problems[name] = sentence(error)
        if problems or location is None or product is None or not given["quantity"]:
            return await _show(session, count_id, given, problems)
        try:
            async with session.begin_nested():
                lot = await _lot(session, count_id, product, location, given["lot"])
                await stock.record_count(count_id, product.id, location.id, counted, lot=lot)
        except EntrepotError as error:
            return await _show(session, count_id, given, general=sentence(error))
        return Redirect(f"/counts/{count_id}?location={location.code}", status_code=303)

    @post("/{count_id:uuid}/assign")
    async def assign(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, count_id: FromPath[UUID]
    ) -> Redirect:
        """Say who is to count it."""
        form = await request.form()
        chosen = uuid_of(str(form.get("user_id", "")))
        people = dict(await _colleagues(request, principal))
        await InventoryService(session).assign_count(
            count_id, chosen if chosen in people else None, people.get(chosen, "") if chosen else ""
        )
        return Redirect(f"/counts/{count_id}", status_code=303)

    @post("/{count_id:uuid}/approve")
    async def approve(self, session: AsyncSession, count_id: FromPath[UUID]) -> Template:
        """Correct the books, and name the orders that lose goods."""
        try:
            async with session.begin_nested():
                lost = await InventoryService(session).approve_count(count_id)
        except (CountUnfinishedError, RecountNeededError) as error:
            return await _show(session, count_id, {}, general=sentence(error))
        return await _show(session, count_id, {}, lost=lost)

    @post("/{count_id:uuid}/cancel")
    async def cancel(self, session: AsyncSession, count_id: FromPath[UUID]) -> Redirect:
        """Forget the count."""
        await InventoryService(session).cancel_count(count_id)
        return Redirect("/counts", status_code=303)


async def _open(stock: InventoryService, seller_id: UUID, values: dict[str, str]) -> str:
    """Make the sheet or sheets that are asked for; return where to go on."""
    warehouse_id = _warehouse(values.get("warehouse_id", ""))
    recount = values.get("recount") == "true"
    if values.get("kind") == "stocktake":
        ids = await stock.open_stocktake(seller_id, warehouse_id, recount=recount)
        return f"/counts/{ids[0]}" if len(ids) == 1 else "/counts?show=active"
    if values.get("kind") == "cycle":
        places = read_number("quantity", values.get("places") or "20")
        return f"/counts/{await stock.open_cycle_count(seller_id, warehouse_id, places, recount=recount)}"
    location = values.get("location", "")
    place = await stock.scan_location(location, warehouse_id=warehouse_id) if location else None
    codes = values.get("products", "").split()
    products = [(await stock.scan_product(seller_id, code)).id for code in codes] or None
    id_ = await stock.open_count(
        seller_id,
        warehouse_id,
        location_id=place.id if place else None,
        product_ids=products,
        title=values.get("title", ""),
        recount=recount,
    )
    return f"/counts/{id_}"


async def _lot(
    session: AsyncSession,
    count_id: UUID,
    product: ProductRef,
    location: LocationRef,
    lot: str,
) -> str:
    """Return which lot of the sheet is meant: the one named, or the only one of the product in that place."""
    lines = await views.count_lines(session, count_id)
    there = sorted({row.lot for row in lines if (row.product_id, row.location_id) == (product.id, location.id)})
    if lot or not there:
        return lot
    if len(there) > 1:
        raise LotUnclearError(sku=product.sku, location=location.code, lots=", ".join(one or "–" for one in there))
    return there[0]


async def _colleagues(request: Request[Any, Any, Any], principal: Principal) -> list[tuple[UUID, str]]:
    """Return who works for the seller and could count."""
    database: Database = request.app.state.database
    sellers = [principal.seller.id] if principal.seller else [one.id for one in principal.sellers]
    async with database.transaction(Scope.all_sellers()) as everyone:
        found = await users(everyone, sellers, limit=200)
    return [(user.id, user.name) for user in found if not user.disabled]


def _warehouse(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise UnknownWarehouseError(code=written[:40]) from None


async def _count(session: AsyncSession, count_id: UUID) -> views.CountView:
    rows = await views.counts(session, count_id=count_id)
    if not rows:
        raise UnknownCountError
    return rows[0]


async def _form(session: AsyncSession, values: dict[str, str], general: str = "") -> Template:
    warehouses = await views.warehouses(session)
    first = str(warehouses[0].id) if warehouses else ""
    return Template(
        "inventory/new_count.html",
        context={
            "fields": [
                warehouse_field(warehouses, values.get("warehouse_id", first), required=True),
                field("kind", N_("What to count"), kind="select", value=values.get("kind", "part"), options=[
                    {"value": "part", "label": gettext(N_("A part, or some products"))},
                    {"value": "cycle", "label": gettext(N_("Cycle count: what was counted longest ago"))},
                    {"value": "stocktake", "label": gettext(N_("Stocktake: everything, one sheet per zone"))},
                ]),
                field("places", N_("Places of a cycle count"), value=values.get("places", "20"), required=False,
                      inputmode="numeric", half=True),
                field("recount", N_("What differs must be counted twice"), kind="checkbox",
                      value=values.get("recount", "true" if not values else ""), required=False, half=True),
                field("location", N_("Part of it"), value=values.get("location", ""), required=False,
                      hint=N_("Code of a zone, rack, shelf or box: all below it is counted. Empty: everything.")),
                field("products", N_("Only these products"), kind="textarea", value=values.get("products", ""),
                      required=False, hint=N_("SKUs or barcodes, one per line. Empty: every product there.")),
                field("title", N_("Title"), value=values.get("title", ""), required=False, maxlength=200),
            ],
            "general": general,
        },
        status_code=422 if general else 200,
    )  # fmt: skip


async def _show(
    session: AsyncSession,
    count_id: UUID,
    given: dict[str, str],
    problems: dict[str, str] | None = None,
    general: str = "",
    lost: list[LostReservation] | None = None,
    people: list[tuple[UUID, str]] | None = None,
) -> Template:
    count = await _count(session, count_id)
    problems = problems or {}
    focus = next(iter(problems), "") or next(
        (name for name in SCANNED if not given.get(name) and name not in OPTIONAL), "location"
    )
    return Template(
        "inventory/count.html",
        context={
            "count": count,
            "lines": await views.count_lines(session, count_id),
            "complete": count.lines == count.counted and not count.to_recount,
            "causes": COUNT_CAUSES,
            "assign_fields": [
                field(
                    "user_id",
                    N_("Who counts"),
                    kind="select",
                    value=str(count.assigned_to or ""),
                    required=False,
                    options=[
                        {"value": "", "label": gettext(N_("Whoever has time"))},
                        *({"value": str(id_), "label": name} for id_, name in people or ()),
                    ],
                )
            ]
            if people
            else [],
            "fields": movement_fields(SCANNED, given, problems, focus),
            "general": general,
            "lost": lost or [],
        },
        status_code=422 if problems or general else 200,
    )
