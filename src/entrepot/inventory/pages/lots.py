"""Lots: what expires when, what is set aside, and why."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.domain import LOT_EVENTS
from entrepot.inventory.errors import UnknownLotError
from entrepot.inventory.forms import field, sentence
from entrepot.inventory.paging import lot_cursor, lot_place, read_day
from entrepot.inventory.service import InventoryService, LostReservation
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

ROWS = 50
SOON = 30
MOST_DAYS = 3650
SHOWN = {
    "expiring": N_("Expires soon"),
    "expired": N_("Expired"),
    "quarantined": N_("Quarantined"),
    "in_stock": N_("In stock"),
}


class LotPages(Controller):
    """Lots."""

    path = "/lots"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get()
    async def show_list(
        self, session: AsyncSession, q: str = "", show: str = "", days: str = "", cursor: str = ""
    ) -> Template:
        """List lots, what expires first in front."""
        within = int(days) if days.isdecimal() and 1 <= int(days) <= MOST_DAYS else SOON
        rows = await views.lots(
            session,
            query=q.replace("\0", ""),
            show=show,
            days=within,
            after=lot_place(cursor) if cursor else None,
            limit=ROWS + 1,
        )
        query = {key: value for key, value in (("q", q), ("show", show), ("days", days)) if value}
        following = None
        if len(rows) > ROWS:
            last = rows[ROWS - 1]
            following = "/lots?" + urlencode({**query, "cursor": lot_cursor(last.expires_on, last.code, last.id)})
        return Template(
            "inventory/lots.html",
            context={
                "rows": rows[:ROWS],
                "query": query,
                "first": f"/lots?{urlencode(query)}" if cursor else None,
                "following": following,
                "shown": [{"value": key, "label": gettext(label)} for key, label in SHOWN.items()],
                "alerts": await views.lot_alerts(session, days=within),
                "days": within,
            },
        )

    @get("/{lot_id:uuid}")
    async def show(self, session: AsyncSession, lot_id: FromPath[UUID]) -> Template:
        """Show a lot: where it lies, what became of it, and what can be done."""
        return await _show(session, lot_id)

    @post("/{lot_id:uuid}/{action:str}", opt=needs(Right.INVENTORY_WRITE))
    async def act(
        self, request: Request[Any, Any, Any], session: AsyncSession, lot_id: FromPath[UUID], action: FromPath[str]
    ) -> Template | Redirect:
        """Quarantine, release or correct a lot."""
        form = await request.form()
        values = {name: str(value).replace("\0", "").strip() for name, value in form.items()}
        stock = InventoryService(session)
        lost: list[LostReservation] = []
        try:
            async with session.begin_nested():
                if action == "quarantine":
                    lost = await stock.quarantine(lot_id, values.get("reason", ""))
                elif action == "release":
                    await stock.release_lot(lot_id, values.get("reason", ""))
                elif action == "change":
                    lot = await stock.lot(lot_id)
                    await stock.change_lot(
                        lot_id,
                        expires_on=read_day(values.get("expires_on", ""), lot.code),
                        note=values.get("note", ""),
                        reason=values.get("why", ""),
                    )
        except EntrepotError as error:
            return await _show(session, lot_id, values, general=sentence(error))
        if lost:
            return await _show(session, lot_id, lost=lost)
        return Redirect(f"/lots/{lot_id}", status_code=303)


async def _show(
    session: AsyncSession,
    lot_id: UUID,
    values: dict[str, str] | None = None,
    *,
    general: str = "",
    lost: list[LostReservation] | None = None,
) -> Template:
    found = await views.lots(session, lot_id=lot_id, limit=1)
    if not found:
        raise UnknownLotError(lot=str(lot_id), sku="?")
    lot = found[0]
    values = values or {}
    levels = await views.levels(session, product_id=lot.product_id)
    return Template(
        "inventory/lot.html",
        context={
            "lot": lot,
            "levels": [level for level in levels if level.lot == lot.code],
            "events": await views.lot_events(session, lot_id),
            "words": LOT_EVENTS,
            "lost": lost or [],
            "general": general,
            "status_fields": [field("reason", value=values.get("reason", ""), maxlength=200)],
            "change_fields": [
                field(
                    "expires_on",
                    N_("Last day of sale"),
                    kind="date",
                    value=values.get("expires_on", lot.expires_on.isoformat() if lot.expires_on else ""),
                    required=False,
                ),
                field("note", N_("Note"), value=values.get("note", lot.note), required=False, maxlength=500),
                field("why", N_("Why the date changes"), value=values.get("why", ""), required=False, maxlength=200),
            ],
        },
        status_code=422 if general else 200,
    )
