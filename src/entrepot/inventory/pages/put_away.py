"""Put-away with a scanner: the product, then the place that is suggested or any other."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import ProductRef
from entrepot.inventory import views
from entrepot.inventory.errors import (
    LotMissingError,
    LotUnclearError,
    NothingWaitsError,
    ScanProductFirstError,
    UnknownWarehouseError,
)
from entrepot.inventory.forms import field
from entrepot.inventory.pages.movements import read_number
from entrepot.inventory.pages.work import Button, Task, answer, identify, uuid_of, values_of
from entrepot.inventory.paging import read_day
from entrepot.inventory.refs import LocationRef
from entrepot.inventory.service import InventoryService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.gs1 import Gs1Label, read_gs1
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

KEPT = ("warehouse", "origin", "product", "lot", "quantity", "token", "new_lot", "expires_on")


class PutAwayPages(Controller):
    """Put away."""

    path = "/stock/put-away"
    opt = needs(Right.INVENTORY_WRITE)
    include_in_schema = False

    @get()
    async def show(self, request: Request[Any, Any, Any], session: AsyncSession, warehouse: str = "") -> Template:
        """Ask for a product."""
        return await _answer(request, session, begin(warehouse), warehouse)

    @post(status_code=200)
    async def scan(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Act on a scan: a product to take, a place to put it, or the place to take from."""
        given = await values_of(request)
        known = {name: given.get(name, "") for name in KEPT}
        flow = PutAway(session, principal.seller_id(), known)
        try:
            async with session.begin_nested():
                task = await flow.scan(given.get("code", ""))
        except EntrepotError as error:
            task = (await flow.again(known)).error(error)
        return await _answer(request, session, task, known["warehouse"])

    @post("/start", status_code=200)
    async def start(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Put what is in hand aside and begin anew."""
        given = await values_of(request)
        return await _answer(request, session, begin(given.get("warehouse", "")), given.get("warehouse", ""))


def begin(warehouse: str, origin: str = "") -> Task:
    """Return the task that asks for a product."""
    return Task(
        gettext(N_("Put away")),
        gettext(N_("Scan a product")),
        kind=gettext(N_("From {location}")).format(location=origin) if origin else "",
        state={"warehouse": warehouse, "origin": origin},
    )


class PutAway:
    """One way of goods, scan by scan; what is known so far comes in with every scan."""

    def __init__(self, session: AsyncSession, seller_id: UUID, known: dict[str, str]) -> None:
        self._session = session
        self._stock = InventoryService(session)
        self._seller_id = seller_id
        self._known = known

    async def scan(self, code: str) -> Task:
        """Do what the scanned thing means here."""
        label = read_gs1(code)
        code = label.gtin if label and label.gtin else code
        found = await identify(self._stock, self._seller_id, code, uuid_of(self._known["warehouse"]))
        if isinstance(found, ProductRef):
            return await self._take(found, label)
        if self._known["product"]:
            return await self._put(found)
        if not await views.contents(self._session, found.id, limit=1):
            raise ScanProductFirstError(code=found.code)
        known = {"warehouse": str(found.warehouse_id)}
        return begin(known["warehouse"], found.code).ok(
            N_("Take from {location}. Scan the product."), location=found.code
        )

    async def again(self, known: dict[str, str]) -> Task:
        """Return the task as it stands, after a scan that was wrong."""
        if known["product"]:
            try:
                product = await self._stock.scan_product(self._seller_id, known["product"])
                origin, lot, free = await self._origin(product, known)
                return await self._ask(product, origin, lot, free, known)
            except EntrepotError:
                pass  # what was in hand is gone meanwhile: begin anew
        return begin(known["warehouse"], known["origin"])

    async def _take(self, product: ProductRef, label: Gs1Label | None) -> Task:
        if self._known["product"] == product.sku:
            task = await self.again(self._known)
            return task.ok(N_("{sku} is in your hands already. Scan the location."), sku=product.sku)
        changed = self._known["product"]
        known = dict.fromkeys(KEPT, "") | {name: self._known[name] for name in ("warehouse", "origin")}
        if label:
            known["new_lot"] = label.lot
            known["expires_on"] = label.expires_on.isoformat() if label.expires_on else ""
        origin, lot, free = await self._origin(product, known)
        task = await self._ask(product, origin, lot, free, known)
        if changed:
            return task.ok(N_("{sku} instead of {before}; nothing was moved yet."), sku=product.sku, before=changed)
        return task.ok(N_("{sku}. Scan the location."), sku=product.sku)

    async def _origin(self, product: ProductRef, known: dict[str, str]) -> tuple[LocationRef, str, int]:
        """Return where the product waits, in which lot, and how many of it."""
        warehouse_id = uuid_of(known["warehouse"])
        if known["origin"]:
            place = await self._stock.scan_location(known["origin"], warehouse_id=warehouse_id)
            rows = await views.contents(self._session, place.id, limit=500)
        else:
            rows = await views.waiting(self._session, warehouse_id, limit=500)
        rows = [row for row in rows if row.product_id == product.id and row.on_hand > row.reserved]
        if known["lot"] or known["token"]:
            rows = [row for row in rows if row.lot == known["lot"]]
        elif known["new_lot"]:  # what the label says, or goods whose lot the books do not know yet
            rows = [row for row in rows if row.lot == known["new_lot"]] or [row for row in rows if not row.lot]
        if not rows:
            origin = known["origin"] or gettext(N_("a receiving location"))
            raise NothingWaitsError(sku=product.sku, location=origin)
        lots = sorted({row.lot for row in rows})
        if known["origin"] and len(lots) > 1:
            raise LotUnclearError(sku=product.sku, location=rows[0].location_code, lots=", ".join(lots))
        row = rows[0]  # what expires first is put away first
        return await self._stock.location(row.location_id), row.lot, row.on_hand - row.reserved

    async def _ask(self, product: ProductRef, origin: LocationRef, lot: str, free: int, known: dict[str, str]) -> Task:
        quantity = known["quantity"] or str(free)
        try:
            units = read_number("quantity", quantity)
        except EntrepotError:
            units = free
        places = await self._stock.places_for(product.id, origin.warehouse_id, units, lot=lot or known["new_lot"])
        fields = [field("quantity", value=quantity, inputmode="numeric", autocomplete="off", half=True)]
        if not lot:
            fields += [
                field("new_lot", N_("Lot"), value=known["new_lot"], required=False, maxlength=60, half=True),
                field(
                    "expires_on",
                    N_("Last day of sale"),
                    kind="date",
                    value=known["expires_on"],
                    required=False,
                    half=True,
                ),
            ]
        notes = [
            gettext(N_("or {location}: {why}")).format(location=place.code, why=gettext(place.why))
            for place in places[1:3]
        ]
        if not places:
            notes = [gettext(N_("No place is free for all of it. Scan where you put it, or set up a location."))]
        lot_words = " · " + gettext(N_("Lot {lot}")).format(lot=lot) if lot else ""
        return Task(
            gettext(N_("Put away")),
            places[0].code if places else gettext(N_("Any place")),
            kind=gettext(places[0].why) if places else gettext(N_("Location")),
            sub=f"{product.sku} · {product.title}{lot_words} · {origin.code}",
            quantity=free,
            state={
                "warehouse": str(origin.warehouse_id),
                "origin": known["origin"],
                "product": product.sku,
                "lot": lot,
                "token": known["token"] or str(new_id()),
            },
            fields=fields,
            notes=notes,
            buttons=[
                Button(
                    gettext(N_("Put aside")), "/stock/put-away/start", "x", "ghost", {"warehouse": origin.warehouse_id}
                )
            ],
        )

    async def _put(self, place: LocationRef) -> Task:
        known = self._known
        product = await self._stock.scan_product(self._seller_id, known["product"])
        units = read_number("quantity", known["quantity"])
        token = uuid_of(known["token"])
        if not known["lot"] and not known["new_lot"] and await self._stock.lots_of([product.id]):
            raise LotMissingError(sku=product.sku)
        try:
            origin, lot, _ = await self._origin(product, known)
        except NothingWaitsError:
            if token is None or not await self._stock.was_put_away(product.id, token):
                raise
            moved = False
        else:
            moved = await self._stock.put_away(
                product.id,
                origin.id,
                place.id,
                units,
                lot=lot,
                to_lot=known["new_lot"],
                expires_on=read_day(known["expires_on"], known["new_lot"], product.sku),
                transfer_id=token,
            )
        task = begin(known["warehouse"], known["origin"])
        if not moved:
            return task.ok(N_("{sku} was put away already; it was not moved twice."), sku=product.sku)
        return task.ok(
            N_("{quantity} of {sku} now in {location}."), quantity=units, sku=product.sku, location=place.code
        )


async def _answer(request: Request[Any, Any, Any], session: AsyncSession, task: Task, warehouse: str) -> Template:
    if request.headers.get("hx-request") == "true" and request.method == "POST":
        return answer(request, task, "", {})
    warehouses = await views.warehouses(session)
    chosen = uuid_of(warehouse)
    if warehouse and chosen not in {one.id for one in warehouses}:
        raise UnknownWarehouseError(code=warehouse[:40])
    tabs = [{"label": gettext(N_("All")), "url": "/stock/put-away", "active": chosen is None}] + [
        {"label": one.code, "url": f"/stock/put-away?warehouse={one.id}", "active": one.id == chosen}
        for one in warehouses
    ]
    context = {
        "rows": await views.waiting(session, chosen),
        "warehouses": tabs,
        "warehouse": warehouse,
        "task": task,
    }
    return Template("inventory/put_away.html", context=context)
