"""Totes of a cart, the put wall, single pieces, swapped lots, and starting lists for somebody."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.carts.errors import NoSuchPersonError
from entrepot.fulfilment.carts.repository import Single
from entrepot.fulfilment.carts.sorting import Sorted
from entrepot.fulfilment.carts.starting import Started
from entrepot.fulfilment.carts.totes import Bound
from entrepot.fulfilment.carts.views import lot_swaps, singles_waiting, to_sort
from entrepot.fulfilment.domain import MODE_LABELS, MOST_AT_ONCE, SWAP_LABELS, PickMode
from entrepot.fulfilment.errors import PickListNotFoundError
from entrepot.fulfilment.http import chosen_id, chosen_ids, colleagues, sellers_of, text_fields, whole_number
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id

PAGE = 50


class CartPages(Controller):
    """Give each order of a cart a tote."""

    path = "/fulfilment/carts/{list_id:uuid}"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def show(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show which order the next tote is for."""
        return Template("fulfilment/cart.html", context=await _cart(session, list_id))

    @post("/totes", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def bind(self, request: HTMXRequest, list_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Put the next order into the tote that was scanned."""
        code = (await text_fields(request)).get("code", "")
        bound: Bound | None = None
        error: EntrepotError | None = None
        try:
            async with session.begin_nested():
                bound = await FulfilmentService(session).totes.bind(list_id, code)
        except EntrepotError as refused:
            error = refused
        if bound is not None and not bound.left:
            url = f"/fulfilment/pick/{list_id}"
            return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)
        name = "fulfilment/_cart.html" if request.htmx else "fulfilment/cart.html"
        status = 422 if error is not None and not request.htmx else 200
        return Template(name, context=await _cart(session, list_id, bound, error), status_code=status)

    @post("/change", opt=needs(Right.FULFILMENT_PICK))
    async def change(self, request: HTMXRequest, list_id: UUID, session: AsyncSession) -> Redirect:
        """Take a tote away from its order: another is scanned instead."""
        order_id = chosen_id(await text_fields(request), "order_id")
        await FulfilmentService(session).totes.change(list_id, order_id)
        return Redirect(f"/fulfilment/carts/{list_id}", status_code=303)


class SortPages(Controller):
    """Sort what was picked for several orders at once."""

    path = "/fulfilment/sort"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(self, session: AsyncSession) -> Template:
        """List what waits to be sorted."""
        _, ready = await views.ready_orders(session, limit=1)
        context = {"lists": await to_sort(session), "modes": MODE_LABELS, "ready": ready}
        return Template("fulfilment/sort_lists.html", context=context)

    @get("/{list_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def wall(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show the compartments."""
        return Template("fulfilment/sort.html", context=await _wall(session, list_id))

    @get("/{list_id:uuid}/wall", opt=needs(Right.FULFILMENT_READ))
    async def part(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show the compartments alone."""
        return Template("fulfilment/_sort.html", context=await _wall(session, list_id))

    @post("/{list_id:uuid}/scan", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def scan(self, request: HTMXRequest, list_id: UUID, session: AsyncSession) -> Template:
        """Tell where the scanned piece goes."""
        values = await text_fields(request)
        sorting = FulfilmentService(session).sorting
        try:
            async with session.begin_nested():
                done = await sorting.sort(list_id, values.get("code", ""), client_id=values.get("client_id", ""))
        except EntrepotError as error:
            return await _sorted(request, session, list_id, None, error)
        return await _sorted(request, session, list_id, done, None)

    @post("/{list_id:uuid}/undo", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def undo(self, request: HTMXRequest, list_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Take a piece out of its compartment again."""
        line_id = chosen_id(await text_fields(request), "line_id")
        try:
            async with session.begin_nested():
                await FulfilmentService(session).sorting.unsort(list_id, line_id)
        except EntrepotError as error:
            return await _sorted(request, session, list_id, None, error)
        if request.htmx:
            return await _sorted(request, session, list_id, None, None)
        return Redirect(f"/fulfilment/sort/{list_id}", status_code=303)


class SinglePages(Controller):
    """Pack single pieces: scan the piece, its order opens."""

    path = "/fulfilment/singles"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def show(self, session: AsyncSession) -> Template:
        """Show what waits."""
        return Template("fulfilment/singles.html", context=await _singles(session))

    @post("/scan", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def scan(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Open the most urgent order that waits for the scanned piece."""
        values = await text_fields(request)
        found: Single
        try:
            async with session.begin_nested():
                found = await FulfilmentService(session).sorting.single(
                    sellers_of(principal), values.get("code", ""), client_id=values.get("client_id", "")
                )
        except EntrepotError as error:
            context = await _singles(session) | {"error": error}
            name = "fulfilment/_claimed.html" if request.htmx else "fulfilment/singles.html"
            return Template(name, context=context, status_code=200 if request.htmx else 422)
        url = f"/fulfilment/pack/{found.order_id}"
        return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)


class StartPages(Controller):
    """Start lists for somebody, and see which lots were swapped."""

    path = "/fulfilment"
    include_in_schema = False

    @post("/start", opt=needs(Right.FULFILMENT_SUPERVISE), status_code=200)
    async def start(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Ask for whom, then put their name on the chosen lists, or on lists of the chosen orders."""
        values, ids = await text_fields(request), await chosen_ids(request)
        orders = values.get("what") == "orders"
        people = await colleagues(request, principal)
        started: Started | None = None
        error: EntrepotError | None = None
        if values.get("person"):
            try:
                async with session.begin_nested():
                    started = await _start(session, values, ids, people)
            except EntrepotError as refused:
                error = refused
            if started is not None and not started.left_out and not started.skipped:
                return Redirect("/fulfilment/pick", status_code=303)
        context = {
            "ids": ids,
            "orders": orders,
            "people": people,
            "modes": MODE_LABELS,
            "started": started,
            "error": error,
        }
        return Template("fulfilment/start.html", context=context, status_code=422 if error else 200)

    @post("/start/orders", opt=needs(Right.FULFILMENT_SUPERVISE), status_code=200)
    async def start_orders(self, request: HTMXRequest, principal: Principal) -> Template:
        """Ask for whom lists of the chosen orders are made, and how they are walked."""
        context = {
            "ids": await chosen_ids(request),
            "orders": True,
            "people": await colleagues(request, principal),
            "modes": MODE_LABELS,
            "started": None,
            "error": None,
        }
        return Template("fulfilment/start.html", context=context)

    @get("/lot-swaps", opt=needs(Right.FULFILMENT_READ))
    async def swaps(self, session: AsyncSession, before: UUID | None = None) -> Template:
        """List lots that were taken instead of others, newest first."""
        found = await lot_swaps(session, before=before, limit=PAGE + 1)
        _, ready = await views.ready_orders(session, limit=1)
        context = {
            "ready": ready,
            "swaps": found[:PAGE],
            "reasons": SWAP_LABELS,
            "next": f"/fulfilment/lot-swaps?before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        }
        return Template("fulfilment/lot_swaps.html", context=context)


async def _start(session: AsyncSession, values: dict[str, str], ids: list[UUID], people: dict[UUID, str]) -> Started:
    person = chosen_id(values, "person")
    if person not in people:
        raise NoSuchPersonError
    starting = FulfilmentService(session).starting
    if values.get("what") != "orders":
        return await starting.start(ids, person, people[person])
    mode = PickMode(values["mode"]) if values.get("mode") in set(PickMode) else PickMode.CART
    most = values.get("orders", "")
    per_list = max(1, whole_number(most, "orders")) if most else MOST_AT_ONCE[mode]
    return await starting.start_orders(ids, person, people[person], mode=mode, per_list=per_list)


async def _cart(
    session: AsyncSession, list_id: UUID, bound: Bound | None = None, error: EntrepotError | None = None
) -> dict[str, Any]:
    found = await views.pick_lists(session, list_id=list_id, limit=1)
    if not found:
        raise PickListNotFoundError(number=str(list_id))
    floor = FulfilmentService(session)
    orders: dict[UUID, dict[str, Any]] = {}
    for line in await views.pick_lines(session, list_id):
        row = {"id": line.order_id, "number": line.order_number, "position": line.position, "tote": line.tote}
        one = orders.setdefault(line.order_id, row | {"units": 0})
        one["units"] += line.left + line.picked
    rules = await floor.way.settings(found[0].seller_id, found[0].warehouse_id)
    rows = sorted((one for one in orders.values() if one["units"]), key=lambda one: int(one["position"]))
    return {
        "list": found[0],
        "rows": rows,
        "waiting": await floor.totes.waiting(list_id),
        "units": {one["id"]: one["units"] for one in rows},
        "strict": rules.scan_tote,
        "bound": bound,
        "error": error,
    }


async def _wall(session: AsyncSession, list_id: UUID) -> dict[str, Any]:
    found = await views.pick_lists(session, list_id=list_id, limit=1)
    if not found:
        raise PickListNotFoundError(number=str(list_id))
    wall = await FulfilmentService(session).sorting.wall(list_id)
    return {"list": found[0], "wall": wall, "done": None, "error": None, "client_id": new_id().hex}


async def _sorted(
    request: HTMXRequest, session: AsyncSession, list_id: UUID, done: Sorted | None, error: EntrepotError | None
) -> Template:
    context = await _wall(session, list_id) | {"done": done, "error": error}
    if request.htmx:
        return Template("fulfilment/_sort.html", context=context)
    return Template("fulfilment/sort.html", context=context, status_code=422 if error else 200)


async def _singles(session: AsyncSession) -> dict[str, Any]:
    _, ready = await views.ready_orders(session, limit=1)
    return {"rows": await singles_waiting(session), "ready": ready, "error": None, "client_id": new_id().hex}


ROUTES = [CartPages, SortPages, SinglePages, StartPages]
