"""Pick faces, and bringing goods to them by scanning."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import ProductRef
from entrepot.inventory import views
from entrepot.inventory.errors import (
    BadPickFaceError,
    ReplenishmentGoneError,
    ScanLocationError,
    ScanProductFirstError,
    WrongGoodsError,
    WrongPlaceError,
)
from entrepot.inventory.forms import field, sentence
from entrepot.inventory.pages.movements import read_number
from entrepot.inventory.pages.work import Button, Task, answer, identify, uuid_of, values_of
from entrepot.inventory.paging import read_cursor, write_cursor
from entrepot.inventory.service import InventoryService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

ROWS = 50


class ReplenishPages(Controller):
    """Bring goods to the pick faces."""

    path = "/replenish"
    opt = needs(Right.INVENTORY_WRITE)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession) -> Template:
        """Show what is to be brought, and the first of it as a task."""
        rows = await views.replenishments(session)
        context = {
            "rows": rows,
            "done": await views.replenishments(session, status="done", limit=10),
            "task": _task(rows, {}),
        }
        return Template("inventory/replenish.html", context=context)

    @post("/make")
    async def make(self, session: AsyncSession, principal: Principal) -> Redirect:
        """Make the list now."""
        await InventoryService(session).make_replenishment(principal.seller_id())
        return Redirect("/replenish", status_code=303)

    @post("/scan", status_code=200)
    async def scan(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Act on a scan: the place to take from, the product, then the pick face."""
        given = await values_of(request)
        known = {name: given.get(name, "") for name in ("way", "stage", "quantity", "skipped")}
        try:
            async with session.begin_nested():
                task = await _scan(session, principal.seller_id(), given.get("code", ""), known)
        except EntrepotError as error:
            task = _task(await views.replenishments(session), known).error(error)
        return answer(request, task, "inventory/replenish.html", {"rows": [], "done": []})

    @post("/skip", status_code=200)
    async def skip(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Leave this one for later and go on with the next."""
        given = await values_of(request)
        skipped = " ".join([*given.get("skipped", "").split(), given.get("way", "")])
        task = _task(await views.replenishments(session), {"skipped": skipped})
        return answer(request, task, "inventory/replenish.html", {"rows": [], "done": []})


def _task(rows: list[views.BringView], known: dict[str, str]) -> Task:
    skipped = set(known.get("skipped", "").split())
    way = next((row for row in rows if str(row.id) == known.get("way")), None)
    stage = known.get("stage", "") if way else ""
    way = way or next((row for row in rows if str(row.id) not in skipped), None)
    state = {"skipped": known.get("skipped", "")}
    if way is None:
        title = gettext(N_("Replenish"))
        if rows:
            return Task(title, gettext(N_("Only what you skipped is left")), tone="success", state={"skipped": ""})
        return Task(title, gettext(N_("Every pick face is filled")), tone="success", state=state)
    lot = " · " + gettext(N_("Lot {lot}")).format(lot=way.lot) if way.lot else ""
    task = Task(
        gettext(N_("Take from")),
        way.from_location,
        kind=gettext(N_("Location")),
        sub=f"{way.sku} · {way.title}{lot}",
        quantity=way.quantity,
        done=0,
        total=len(rows),
        state={**state, "way": str(way.id), "stage": stage},
        notes=[gettext(N_("Goes to {location}.")).format(location=way.to_location)],
        buttons=[
            Button(
                gettext(N_("Skip")),
                "/replenish/skip",
                "player-skip-forward",
                "ghost",
                {"way": way.id, "skipped": state["skipped"]},
            )
        ],
    )
    if stage == "product":
        task.title, task.big, task.kind = gettext(N_("Scan the product")), way.sku, gettext(N_("Product"))
    elif stage == "target":
        task.title, task.big = gettext(N_("Bring to")), way.to_location
        task.notes = []
        task.fields = [
            field("quantity", value=known.get("quantity") or way.quantity, inputmode="numeric", autocomplete="off")
        ]
    return task


async def _scan(session: AsyncSession, seller_id: UUID, code: str, known: dict[str, str]) -> Task:
    stock = InventoryService(session)
    rows = await views.replenishments(session)
    way = next((row for row in rows if str(row.id) == known["way"]), None)
    if way is None:
        raise ReplenishmentGoneError
    warehouse_id = (await stock.location(way.from_location_id)).warehouse_id
    found = await identify(stock, seller_id, code, warehouse_id)
    stage = known["stage"]
    if stage == "target":
        if isinstance(found, ProductRef):
            if found.id == way.product_id:
                return _task(rows, known).ok(
                    N_("{sku} is in your hands already. Scan {location}."), sku=way.sku, location=way.to_location
                )
            raise ScanLocationError(code=found.sku, location=way.to_location)
        if found.id != way.to_location_id:
            raise WrongPlaceError(scanned=found.code, wanted=way.to_location)
        quantity = read_number("quantity", known["quantity"])
        await stock.bring(way.id, quantity)
        rest = [row for row in rows if row.id != way.id]
        return _task(rest, {"skipped": known["skipped"]}).ok(
            N_("{quantity} of {sku} now in {location}."), quantity=quantity, sku=way.sku, location=way.to_location
        )
    if isinstance(found, ProductRef):
        if found.id != way.product_id:
            raise WrongGoodsError(scanned=found.sku, wanted=way.sku, location=way.from_location)
        known = known | {"stage": "target", "quantity": str(way.quantity)}
        return _task(rows, known).ok(N_("{sku}. Bring it to {location}."), sku=way.sku, location=way.to_location)
    if found.id != way.from_location_id:
        raise WrongPlaceError(scanned=found.code, wanted=way.from_location)
    if stage == "product":
        raise ScanProductFirstError(code=found.code)
    return _task(rows, known | {"stage": "product"}).ok(N_("Right place. Take {quantity}."), quantity=way.quantity)


class PickFacePages(Controller):
    """Which places are to hold how many of what."""

    path = "/pick-faces"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession, cursor: str = "") -> Template:
        """List pick faces."""
        return await _faces(session, cursor, {})

    @post(opt=needs(Right.INVENTORY_WRITE))
    async def set_one(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Make or change a pick face."""
        given = await values_of(request)
        stock = InventoryService(session)
        try:
            async with session.begin_nested():
                product = await stock.scan_product(principal.seller_id(), given.get("product", ""))
                place = await stock.scan_location(
                    given.get("location", ""), warehouse_id=uuid_of(given.get("warehouse_id", ""))
                )
                minimum, maximum = given.get("minimum", ""), given.get("maximum", "")
                if not (minimum.isdecimal() and maximum.isdecimal()):
                    raise BadPickFaceError(
                        minimum=minimum or "–", maximum=maximum or "–", sku=product.sku, location=place.code
                    )
                await stock.set_pick_face(product.id, place.id, int(minimum), int(maximum))
        except EntrepotError as error:
            return await _faces(session, "", given, sentence(error))
        return Redirect("/pick-faces", status_code=303)

    @post("/remove", opt=needs(Right.INVENTORY_WRITE))
    async def remove(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Forget pick faces."""
        form = await request.form()
        ids = [id_ for written in form.getall("ids", []) if (id_ := uuid_of(str(written)))]
        await InventoryService(session).remove_pick_faces(ids)
        return Redirect("/pick-faces", status_code=303)


async def _faces(session: AsyncSession, cursor: str, given: dict[str, str], general: str = "") -> Template:
    keys = read_cursor(cursor, 2) if cursor else None
    rows = await views.pick_faces(session, after=(keys[0], keys[1]) if keys else None, limit=ROWS + 1)
    following = None
    if len(rows) > ROWS:
        last = rows[ROWS - 1]
        following = "/pick-faces?" + urlencode({"cursor": write_cursor(last.sku, last.location_code)})
    return Template(
        "inventory/pick_faces.html",
        context={
            "rows": rows[:ROWS],
            "first": "/pick-faces" if cursor else None,
            "following": following,
            "general": general,
            "fields": [
                field("product", value=given.get("product", ""), autocomplete="off", maxlength=200),
                field("location", value=given.get("location", ""), autocomplete="off", maxlength=200),
                field("minimum", N_("Minimum"), value=given.get("minimum", ""), inputmode="numeric", half=True),
                field("maximum", N_("Maximum"), value=given.get("maximum", ""), inputmode="numeric", half=True),
            ],
        },
        status_code=422 if general else 200,
    )
