"""What there is: by product, in detail, and at a moment in the past."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.domain import ADJUST_REASONS, MOVE_KINDS
from entrepot.inventory.errors import BadMomentError, UnknownProductError
from entrepot.inventory.forms import sentence, warehouse_options
from entrepot.inventory.paging import read_cursor, read_moment, write_cursor
from entrepot.inventory.service import InventoryService
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

ROWS = 50
STATES = {
    "in_stock": N_("In stock"),
    "low": N_("Low"),
    "zero": N_("Sold out"),
    "reserved": N_("Reserved"),
}


class StockPages(Controller):
    """Reading stock."""

    path = "/stock"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get()
    async def show_list(
        self,
        session: AsyncSession,
        q: str = "",
        show: str = "",
        warehouse: str = "",
        cursor: str = "",
    ) -> Template:
        """List products with what is on hand, reserved and available."""
        keys = read_cursor(cursor, 2) if cursor else None
        warehouse_id = _uuid(warehouse)
        rows = await views.stock_list(
            session,
            query=q.replace("\0", ""),
            state=show,
            warehouse_id=warehouse_id,
            after=(keys[0], UUID(keys[1])) if keys else None,
            limit=ROWS + 1,
        )
        query = {key: value for key, value in (("q", q), ("show", show), ("warehouse", warehouse)) if value}
        following = None
        if len(rows) > ROWS:
            last = rows[ROWS - 1]
            following = "/stock?" + urlencode({**query, "cursor": write_cursor(last.sku, str(last.product_id))})
        return Template(
            "inventory/stock.html",
            context={
                "rows": rows[:ROWS],
                "query": query,
                "first": f"/stock?{urlencode(query)}" if cursor else None,
                "following": following,
                "states": [{"value": key, "label": gettext(label)} for key, label in STATES.items()],
                "warehouse_options": warehouse_options(await views.warehouses(session)),
                "leftovers": await views.staged_leftovers(session, warehouse_id),
            },
        )

    @get("/{product_id:uuid}")
    async def show(
        self, session: AsyncSession, principal: Principal, product_id: FromPath[UUID], at: str = "", before: int = 0
    ) -> Template:
        """Show one product: where it lies, to whom it is promised, what happened, and what there was."""
        rows = await views.stock_list(session, product_id=product_id, limit=1)
        if not rows:
            raise UnknownProductError(code=str(product_id))
        past, problem = None, ""
        if at:
            try:
                moment = read_moment(at, principal.time_zone)
                past = await views.stock_at(session, rows[0].seller_id, moment, product_id=product_id)
            except BadMomentError as error:
                problem = sentence(error)
        moves = await views.moves(session, product_id=product_id, before=before or None, limit=ROWS + 1)
        return Template(
            "inventory/product.html",
            context={
                "product": rows[0],
                "levels": await views.levels(session, product_id=product_id),
                "promises": await views.promises(session, product_id),
                "moves": moves[:ROWS],
                "older": moves[ROWS - 1].id if len(moves) > ROWS else None,
                "kinds": MOVE_KINDS,
                "reasons": ADJUST_REASONS,
                "at": at,
                "past": past,
                "past_facts": [(f"{row.warehouse_code} · {row.location_code}", row.on_hand) for row in past or ()],
                "problem": problem,
            },
        )

    @post("/{product_id:uuid}/low", opt=needs(Right.INVENTORY_WRITE))
    async def set_low(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, product_id: FromPath[UUID]
    ) -> Redirect:
        """Say at how many units the product counts as low."""
        form = await request.form()
        given = str(form.get("low", "")).strip()
        low = int(given) if given.isdecimal() and len(given) < 10 else 0  # noqa: PLR2004 -- fits the column
        await InventoryService(session).set_low(principal.seller_id(), product_id, low)
        return Redirect(f"/stock/{product_id}", status_code=303)

    @get("/past")
    async def show_past(
        self,
        session: AsyncSession,
        principal: Principal,
        at: str = "",
        warehouse: str = "",
        location: str = "",
        cursor: str = "",
    ) -> Template:
        """Say what lay where at a moment."""
        rows: list[views.PastLevel] = []
        problem, following = "", None
        warehouse_id = _uuid(warehouse)
        if at:
            try:
                moment = read_moment(at, principal.time_zone)
            except BadMomentError as error:
                problem = sentence(error)
            else:
                stock = InventoryService(session)
                place = await stock.scan_location(location, warehouse_id=warehouse_id) if location.strip() else None
                keys = read_cursor(cursor, 3) if cursor else None
                rows = await views.stock_at(
                    session,
                    principal.seller.id if principal.seller else None,
                    moment,
                    location_id=place.id if place else None,
                    warehouse_id=warehouse_id,
                    after=(keys[0], keys[1], keys[2]) if keys else None,
                    limit=ROWS + 1,
                )
        if len(rows) > ROWS:
            last = rows[ROWS - 1]
            parts = {"at": at, "warehouse": warehouse, "location": location}
            parts["cursor"] = write_cursor(last.sku, last.location_code, last.lot)
            following = f"/stock/past?{urlencode(parts)}"
        return Template(
            "inventory/past.html",
            context={
                "rows": rows[:ROWS],
                "at": at,
                "warehouse": warehouse,
                "location": location,
                "problem": problem,
                "following": following,
                "warehouse_options": warehouse_options(await views.warehouses(session)),
            },
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
