"""The control page."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from entrepot.sandbox.control.desk import Desk, Impossible
from entrepot.sandbox.control.figures import figures, latest_orders
from entrepot.sandbox.faults import KINDS, MEANING, Fault, FaultError
from entrepot.sandbox.options import ALL_AT_ONCE
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.world import World

type Form = dict[str, str]

_ROWS = 50
_ASSETS = {"sandbox.css": "text/css", "sandbox.js": "text/javascript"}
_PATTERNS = (
    "*",
    "POST /token",
    "GET /retailer/orders",
    "GET /retailer/orders/*",
    "POST /retailer/shipments",
    "PUT /retailer/orders/cancellation",
    "* /shared/process-status*",
    "* /retailer/offers*",
    "POST bg.*",
    "POST bg.order.list.v2.get",
    "POST bg.order.detail.v2.get",
    "POST bg.logistics.shipment.v2.confirm",
    "POST bg.local.goods.stock.edit",
    "* /carrier/*",
    "POST /carrier/shipments",
)


def control_pages(desk: Desk, *, jtl: bool = False) -> list[HTTPRouteHandler]:
    """The page at ``/``, its live part, its commands and its files."""
    templates = _templates()
    commands = _commands(desk)

    @get("/", media_type=MediaType.HTML)
    async def page(said: FromQuery[str] = "") -> str:
        return templates.get_template("page.html.jinja").render(**_facts(desk.world), said=said, jtl=jtl)

    @get("/sandbox/live", media_type=MediaType.HTML)
    async def live() -> str:
        return templates.get_template("live.html.jinja").render(**_facts(desk.world))

    @get("/sandbox/static/{name:str}")
    async def asset(name: FromPath[str]) -> Response[bytes]:
        if name not in _ASSETS:
            return Response(b"", status_code=404)
        content = files("entrepot.sandbox").joinpath("control", "static", name).read_bytes()
        return Response(content, media_type=_ASSETS[name])

    @post("/sandbox/do/{command:str}")
    async def do(command: FromPath[str], request: Request[Any, Any, State]) -> Redirect:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            said = commands[command](form)
        except (Impossible, FaultError) as error:
            said = str(error)
        except (KeyError, ValueError):
            said = "That was not understood: fill in the form of the page."
        return Redirect(f"/?{urlencode({'said': said})}", status_code=303)

    return [page, live, asset, do]


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("entrepot.sandbox.control", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["clock"] = _clock
    return environment


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M:%S}"


def _facts(world: World) -> dict[str, Any]:
    counted = figures(world)
    return {
        "figures": counted,
        "orders": latest_orders(world, _ROWS),
        "shipments": [
            (account, shipment)
            for account in world.accounts.values()
            for shipment in list(reversed(account.shipments.values()))[:_ROWS]
        ],
        "parcels": list(reversed(world.parcels.parcels.values()))[:_ROWS],
        "requests": list(reversed(world.traffic.last)),
        "mails": world.mails.latest(_ROWS),
        "faults": list(world.faults.active.values()),
        "kinds": {kind: MEANING[kind] for kind in KINDS},
        "patterns": _PATTERNS,
        "data_orders": load().report.orders,
    }


def _commands(desk: Desk) -> dict[str, Callable[[Form], str]]:  # noqa: C901 - small commands that share the desk
    world = desk.world

    def add_fault(form: Form) -> str:
        kind = KINDS[KINDS.index(form["kind"])]
        fault = world.faults.add(
            Fault(
                kind=kind,
                endpoint=form["endpoint"] or "*",
                probability=float(form["percent"]) / 100,
                count=int(form["count"]) if form["count"] else None,
                seconds=float(form["seconds"]),
                applied="applied" in form,
            )
        )
        return f"Fault {fault.fault_id} is on: {MEANING[kind]}."

    def remove_fault(form: Form) -> str:
        world.faults.remove(form["fault_id"])
        return f"Fault {form['fault_id']} is off."

    def clear_faults(_: Form) -> str:
        world.faults.clear()
        return "All faults are off."

    def speed(form: Form) -> str:
        desk.set_order_speed(ALL_AT_ONCE if form["speed"] == "all" else float(form["speed"]))
        return f"Orders per minute: {form['speed']}."

    def carrier_speed(form: Form) -> str:
        desk.set_carrier_speed(float(form["speed"]))
        return f"Parcels travel {form['speed']} times faster than time goes."

    def advance(form: Form) -> str:
        desk.advance(float(form["seconds"]))
        return f"It is now {datetime.strftime(world.clock.now(), '%d %b %H:%M:%S')} UTC in the world."

    def place(form: Form) -> str:
        return f"Order {desk.place_order(form.get('client_id') or None, ()).order_id} was placed."

    def cancel(form: Form) -> str:
        desk.cancel(form["order_id"])
        return f"The buyer of {form['order_id']} asks to cancel it."

    def change(form: Form) -> str:
        desk.change_address(form["order_id"])
        return f"The address of {form['order_id']} has changed."

    def scan(form: Form) -> str:
        return f"Parcel {form['tracking']}: {desk.scan(form['tracking'], to_the_end=False).status}."

    def deliver(form: Form) -> str:
        return f"Parcel {form['tracking']}: {desk.scan(form['tracking'], to_the_end=True).status}."

    def expire_tokens(_: Form) -> str:
        desk.expire_tokens()
        return "All tokens are void."

    chosen = (
        add_fault,
        remove_fault,
        clear_faults,
        speed,
        carrier_speed,
        advance,
        place,
        cancel,
        change,
        scan,
        deliver,
    )
    return {command.__name__.replace("_", "-"): command for command in (*chosen, expire_tokens)}
