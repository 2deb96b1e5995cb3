"""Counts: asked for, counted blind, compared, approved."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.errors import UnknownCountError, UnknownWarehouseError
from entrepot.inventory.forms import field, movement_fields, sentence, warehouse_field
from entrepot.inventory.pages.movements import read_number
from entrepot.inventory.service import InventoryService, LostReservation
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_

ROWS = 50
SCANNED = ("location", "product", "quantity")


class CountPages(Controller):
    """Counting."""

    path = "/counts"
    opt = needs(Right.INVENTORY_COUNT)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession, before: UUID | None = None) -> Template:
        """List counts, newest first."""
        rows = await views.counts(session, before=before, limit=ROWS + 1)
        older = f"/counts?before={rows[ROWS - 1].id}" if len(rows) > ROWS else None
        return Template("inventory/counts.html", context={"rows": rows[:ROWS], "older": older})

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
            warehouse_id = _warehouse(values.get("warehouse_id", ""))
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
            )
        except EntrepotError as error:
            return await _form(session, values, sentence(error))
        return Redirect(f"/counts/{id_}", status_code=303)

    @get("/{count_id:uuid}")
    async def show(self, session: AsyncSession, count_id: FromPath[UUID], location: str = "") -> Template:
        """Show the sheet: to count, to approve, or as it was."""
        return await _show(session, count_id, {"location": location})

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
            await stock.record_count(count_id, product.id, location.id, counted)
        except EntrepotError as error:
            return await _show(session, count_id, given, general=sentence(error))
        return Redirect(f"/counts/{count_id}?location={location.code}", status_code=303)

    @post("/{count_id:uuid}/approve")
    async def approve(self, session: AsyncSession, count_id: FromPath[UUID]) -> Template:
        """Correct the books, and name the orders that lose goods."""
        lost = await InventoryService(session).approve_count(count_id)
        return await _show(session, count_id, {}, lost=lost)

    @post("/{count_id:uuid}/cancel")
    async def cancel(self, session: AsyncSession, count_id: FromPath[UUID]) -> Redirect:
        """Forget the count."""
        await InventoryService(session).cancel_count(count_id)
        return Redirect("/counts", status_code=303)


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
) -> Template:
    count = await _count(session, count_id)
    problems = problems or {}
    focus = next(iter(problems), "") or next((name for name in SCANNED if not given.get(name)), "location")
    return Template(
        "inventory/count.html",
        context={
            "count": count,
            "lines": await views.count_lines(session, count_id),
            "complete": count.lines == count.counted,
            "fields": movement_fields(SCANNED, given, problems, focus),
            "general": general,
            "lost": lost or [],
        },
        status_code=422 if problems or general else 200,
    )
