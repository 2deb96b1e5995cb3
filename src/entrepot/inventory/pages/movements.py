"""Receive, move and adjust with a scanner or a phone: a scan ends with Enter, and the next empty field is in focus."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.domain import ADJUST_REASONS, MOVE_KINDS, LocationKind, MoveKind
from entrepot.inventory.errors import LotMissingError, NothingToAdjustError, QuantityError
from entrepot.inventory.forms import movement_fields, sentence, warehouse_field
from entrepot.inventory.paging import read_day
from entrepot.inventory.service import InventoryService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.gs1 import read_gs1
from entrepot.kit.text import N_

WHOLE = re.compile(r"[-+\u2212]?\d{1,10}")
MOST = 1_000_000_000
FIELDS = {
    "receive": ("location", "product", "lot", "expires_on", "quantity"),
    "move": ("origin", "product", "lot", "quantity", "target", "along"),
    "adjust": ("product", "location", "lot", "change", "reason"),
}
"""What each form asks for, in the order in which hands do it."""
OPTIONAL = frozenset({"along", "lot", "expires_on"})
"""What a form may leave empty; a product that is kept by lot needs its lot all the same."""
KEPT = {"receive": ("location",), "move": ("origin",), "adjust": ("location", "reason")}
"""What stays for the next one."""
TITLES = {"receive": N_("Receive goods"), "move": N_("Move goods"), "adjust": N_("Adjust stock")}


class MovementPages(Controller):
    """Scanner forms."""

    path = "/stock"
    opt = needs(Right.INVENTORY_WRITE)
    include_in_schema = False

    @get("/receive")
    async def receive_form(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Ask what came in."""
        return await _form(session, "receive", dict(request.query_params.items()))

    @post("/receive")
    async def receive(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Take goods into stock."""
        return await _submit(request, session, principal, "receive")

    @get("/move")
    async def move_form(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Ask what goes where."""
        return await _form(session, "move", dict(request.query_params.items()))

    @post("/move")
    async def move(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Carry goods to another location."""
        return await _submit(request, session, principal, "move")

    @get("/adjust")
    async def adjust_form(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Ask what is wrong in the books."""
        return await _form(session, "adjust", dict(request.query_params.items()))

    @post("/adjust")
    async def adjust(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Correct the books."""
        return await _submit(request, session, principal, "adjust")


async def _form(
    session: AsyncSession,
    verb: str,
    given: Mapping[str, Any],
    problems: Mapping[str, str] | None = None,
    general: str = "",
) -> Template:
    problems = problems or {}
    values = {name: str(given.get(name, "")).strip() for name in (*FIELDS[verb], "warehouse_id")}
    asked = [name for name in FIELDS[verb] if name not in OPTIONAL]
    focus = next(iter(problems), "") or next((name for name in asked if not values[name]), asked[0])
    fields = movement_fields(FIELDS[verb], values, problems, focus)
    warehouses = await views.warehouses(session)
    if len(warehouses) > 1:
        fields.insert(0, warehouse_field(warehouses, values["warehouse_id"]))
    done = str(given.get("done", ""))
    recent = await views.moves(session, limit=5)
    return Template(
        "inventory/movement.html",
        context={
            "verb": verb,
            "heading": TITLES[verb],
            "titles": TITLES,
            "fields": fields,
            "general": general,
            "done": next((move for move in recent if str(move.id) == done), None),
            "recent": recent,
            "kinds": MOVE_KINDS,
            "reasons": ADJUST_REASONS,
        },
        status_code=422 if problems or general else 200,
    )


@dataclass(slots=True)
class Read:
    """What a form means."""

    ids: dict[str, UUID] = dataclass_field(default_factory=dict[str, UUID])
    numbers: dict[str, int] = dataclass_field(default_factory=dict[str, int])
    expires_on: date | None = None
    problems: dict[str, str] = dataclass_field(default_factory=dict[str, str])


async def _submit(
    request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, verb: str
) -> Template | Redirect:
    form = await request.form()
    given = {name: str(form.get(name, "")).replace("\0", "").strip() for name in (*FIELDS[verb], "warehouse_id")}
    stock = InventoryService(session)
    read = await _read(stock, principal.seller_id(), verb, given)
    if read.problems or any(not given[name] for name in FIELDS[verb] if name not in OPTIONAL):
        return await _form(session, verb, given, read.problems)
    try:
        async with session.begin_nested():
            await _do(stock, verb, given, read)
    except EntrepotError as error:
        return await _form(session, verb, given, general=sentence(error))
    last = await views.moves(session, product_id=read.ids["product"], limit=1)
    kept = {name: given[name] for name in (*KEPT[verb], "warehouse_id") if given[name]}
    return Redirect(f"/stock/{verb}?{urlencode({**kept, 'done': last[0].id})}", status_code=303)


async def _read(stock: InventoryService, seller_id: UUID, verb: str, given: dict[str, str]) -> Read:
    read = Read()
    warehouse_id = UUID(given["warehouse_id"]) if _is_uuid(given["warehouse_id"]) else None
    for name in FIELDS[verb]:
        if not given[name]:
            continue
        try:
            if name == "product":
                _read_label(given)
                read.ids[name] = (await stock.scan_product(seller_id, given[name])).id
            elif name in {"location", "origin", "target"}:
                read.ids[name] = (await stock.scan_location(given[name], warehouse_id=warehouse_id)).id
            elif name in {"quantity", "change"}:
                read.numbers[name] = read_number(name, given[name])
            elif name == "expires_on":
                read.expires_on = read_day(given[name], given["lot"], given["product"])
        except EntrepotError as error:
            read.problems[name] = sentence(error)
    if verb == "receive" and "product" in read.ids and not given["lot"] and await stock.lots_of([read.ids["product"]]):
        read.problems.setdefault("lot", sentence(LotMissingError(sku=given["product"])))
    return read


def _read_label(given: dict[str, str]) -> None:
    """Take what a GS1 barcode says apart; what was typed by hand stays."""
    label = read_gs1(given["product"])
    if label is None or not label.gtin:
        return
    given["product"] = label.gtin
    given["lot"] = given.get("lot") or label.lot
    if label.expires_on and "expires_on" in given:
        given["expires_on"] = given["expires_on"] or label.expires_on.isoformat()


async def _do(stock: InventoryService, verb: str, given: Mapping[str, str], read: Read) -> None:
    found, numbers = read.ids, read.numbers
    if verb == "receive":
        await stock.receive(
            found["product"], found["location"], numbers["quantity"], lot=given["lot"], expires_on=read.expires_on
        )
    elif verb == "move":
        origin = await stock.location(found["origin"])
        await stock.move(
            found["product"],
            found["origin"],
            found["target"],
            numbers["quantity"],
            lot=await stock.lot_here(found["product"], found["origin"], given["lot"]),
            with_reservations=bool(given["along"]),
            kind=MoveKind.PUT_BACK if origin.kind == LocationKind.STAGING else MoveKind.MOVE,
        )
    else:
        lot = await stock.lot_here(found["product"], found["location"], given["lot"])
        await stock.adjust(found["product"], found["location"], numbers["change"], reason=given["reason"], lot=lot)


def read_number(name: str, written: str) -> int:
    """Return the whole number *written*.

    Raises:
        QuantityError: the quantity is none.
        NothingToAdjustError: the change is none.
    """
    if WHOLE.fullmatch(written):
        return int(written.replace("\u2212", "-"))
    if name == "change":
        raise NothingToAdjustError(quantity=written[:20], most=MOST)
    raise QuantityError(quantity=written[:20], what=written[:20], most=MOST)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
