"""Temu's addresses, and what people and tests do to it, as JSON and as a page."""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import httpx
import jinja2
import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect

from entrepot.sandbox.http import read, respond
from entrepot.sandbox.temu.gate import TemuGate, bad, fields, text_of
from entrepot.sandbox.temu.goods import TemuGoods
from entrepot.sandbox.temu.notices import EVENT, Postman, about, signed
from entrepot.sandbox.temu.orders import TemuOrders
from entrepot.sandbox.temu.shipping import TemuShipping
from entrepot.sandbox.temu.shop import Shop, Shops
from entrepot.sandbox.wire import answer
from entrepot.sandbox.world import World

type _Handlers = list[HTTPRouteHandler | Router]


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different about a shop; what is left out stays as it is."""

    app_key: str = ""
    hook: str | None = None
    token_days: float | None = None
    masked: bool | None = None
    may_decrypt: bool | None = None
    withheld_one_in: int | None = None
    codeless_one_in: int | None = None
    example_style: bool | None = None


class Storm(msgspec.Struct, forbid_unknown_fields=True):
    """So many notices at once."""

    count: int
    app_key: str = ""


class ShopState(msgspec.Struct):
    """How a shop is."""

    app_key: str
    app_secret: str
    access_token: str
    shop: str
    gateway: str
    hook: str
    events: tuple[str, ...]
    token_ends: datetime
    masked: bool
    may_decrypt: bool
    withheld_one_in: int
    codeless_one_in: int
    example_style: bool
    orders: int
    shipments: int


class NoSuchShop(Exception):  # noqa: N818 -- an answer to the user
    """There is no shop with that app key."""


class Controls:
    """What people and tests do to the shops."""

    def __init__(self, world: World, postman: Postman) -> None:
        self._world = world
        self._postman = postman
        self._shops = Shops.of(world)

    def chosen(self, app_key: str) -> Shop:
        """The shop of that app, or the first one."""
        by_key = self._shops.by_key
        found = by_key.get(app_key) if app_key else next(iter(by_key.values()), None)
        if found is None:
            raise NoSuchShop(app_key)
        return found

    def change(self, wanted: Change) -> None:
        """Change a shop."""
        shop = self.chosen(wanted.app_key)
        state = shop.state
        if wanted.hook is not None and wanted.hook != state.hook:
            state.hook, state.told_until = wanted.hook, self._world.clock.now()
        if wanted.token_days is not None:
            state.token_ends = self._world.clock.now() + timedelta(days=wanted.token_days)
        for name in ("masked", "may_decrypt", "withheld_one_in", "codeless_one_in", "example_style"):
            value = getattr(wanted, name)
            if value is not None:
                setattr(state, name, value)
        shop.save()

    def states(self, base: str) -> list[ShopState]:
        """How the shops are."""
        return [
            ShopState(
                app_key=shop.account.client_id,
                app_secret=shop.account.options.client_secret,
                access_token=shop.account.options.token,
                shop=shop.account.options.shop,
                gateway=f"{base.rstrip('/')}/openapi/router",
                orders=len(shop.account.orders),
                shipments=len(shop.account.shipments),
                **{name: getattr(shop.state, name) for name in _SHOWN},
            )
            for shop in self._shops.by_key.values()
        ]

    def storm(self, app_key: str, count: int) -> int:
        """Send many notices; returns how many."""
        return self._postman.storm(self.chosen(app_key), count)

    async def command(self, form: dict[str, str]) -> str:
        """Do what a form of the page says, and tell what was done."""
        key, value = form["app_key"], form.get("value", "").strip()
        match form["command"]:
            case "hook":
                self.change(Change(app_key=key, hook=value))
                return "Notices go there from now on." if value else "No notices are sent."
            case "token":
                self.change(Change(app_key=key, token_days=float(value)))
                return f"The token ends in {value} days."
            case "masked" | "may_decrypt" | "example_style" as name:
                shop = self.chosen(key)
                setattr(shop.state, name, not getattr(shop.state, name))
                shop.save()
                return f"{name.replace('_', ' ')}: {'yes' if getattr(shop.state, name) else 'no'}."
            case "withheld":
                self.change(Change(app_key=key, withheld_one_in=int(value)))
                return "Set."
            case "storm":
                return f"{self.storm(key, int(value))} notices are on their way."
            case "forge":
                return await forge(self.chosen(key))
            case _:
                raise KeyError(form["command"])


async def forge(shop: Shop) -> str:
    """Send a notice that is signed with a wrong secret."""
    order = next(iter(shop.account.orders.latest(1)), None)
    if order is None or not shop.state.hook:
        return "There is no order, or no address, to forge a notice with."
    content = msgspec.json.encode(about(shop, order))
    headers, body = signed(shop.account.client_id, "this-is-not-the-secret", EVENT, content)
    try:
        async with httpx.AsyncClient(timeout=5) as http:
            status = (await http.post(shop.state.hook, content=body, headers=dict(headers))).status_code
    except httpx.HTTPError as error:
        return f"Nobody answered: {type(error).__name__}."
    return f"A forged notice was answered {status}."


@cache
def _page() -> jinja2.Template:
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("entrepot.sandbox").joinpath("temu", "page.html.jinja").read_text()
    )


def temu_routes(world: World, postman: Postman) -> _Handlers:
    """The gateway, the page at ``/temu`` and the API under ``/sandbox/api/temu``."""
    controls = Controls(world, postman)
    template = _page()

    @get("/")
    async def state(request: Request[Any, Any, State]) -> list[ShopState]:
        return controls.states(str(request.base_url))

    @post("/", status_code=200)
    async def set_state(request: Request[Any, Any, State], data: JSONBody[Change]) -> list[ShopState]:
        controls.change(data)
        return controls.states(str(request.base_url))

    @post("/storm", status_code=200)
    async def storm(data: JSONBody[Storm]) -> dict[str, int]:
        return {"sent": controls.storm(data.app_key, data.count)}

    @get("/temu", media_type=MediaType.HTML)
    async def page(request: Request[Any, Any, State], said: FromQuery[str] = "") -> str:
        return template.render(shops=controls.states(str(request.base_url)), said=said)

    @post("/temu/do")
    async def do(request: Request[Any, Any, State]) -> Redirect:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            said = await controls.command(form)
        except (KeyError, ValueError):
            said = "That was not understood: fill in the form of the page."
        except NoSuchShop:
            said = "There is no such shop."
        return Redirect(f"/temu?{urlencode({'said': said})}", status_code=303)

    api = Router("/sandbox/api/temu", route_handlers=[state, set_state, storm])
    return [_gateway(world), api, page, do]


def _gateway(world: World) -> HTTPRouteHandler:
    gate = TemuGate(world)
    parts = (TemuOrders(gate), TemuGoods(gate), TemuShipping(gate))
    endpoints = {endpoint.path: endpoint for part in parts for endpoint in part.endpoints()}

    @post("/openapi/router", status_code=200)
    async def router(request: Request[Any, Any, State]) -> Response[bytes]:
        call = await read(request)
        kind = text_of(fields(call).get("type"))
        endpoint = endpoints.get(kind)
        if endpoint is None:
            return respond(bad(3000003, f"type {kind} not exists"))
        call.path, call.address = kind, kind
        return respond(await answer(world, gate, endpoint, call))

    return router


_SHOWN = (
    "hook", "events", "token_ends", "masked", "may_decrypt", "withheld_one_in", "codeless_one_in", "example_style",
)  # fmt: skip
