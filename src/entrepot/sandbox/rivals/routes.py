"""The market as a page at ``/market``, and as JSON under ``/sandbox/api/market``."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import jinja2
import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from entrepot.sandbox.rivals.behaviours import MEANING, Behaviour
from entrepot.sandbox.rivals.control import MarketDesk, NoSuchOffer, ProductFigures
from entrepot.sandbox.rivals.market import Market
from entrepot.sandbox.world import World

_SHOWN = 24


class _Cast(msgspec.Struct, forbid_unknown_fields=True):
    behaviours: list[Behaviour]
    floor: Decimal | None = None


class _Push(msgspec.Struct, forbid_unknown_fields=True):
    offer_id: str
    do: str


def market_routes(world: World) -> list[HTTPRouteHandler | Router]:
    """The page and the API."""
    desk = MarketDesk(Market.of(world))
    return [_api(world, desk), *_pages(world, desk)]


def _api(world: World, desk: MarketDesk) -> Router:
    @get("/")
    async def listed(limit: FromQuery[int] = 100) -> list[ProductFigures]:
        world.tick()
        return [desk.figures(ean) for ean in desk.find("", limit)]

    @get("/{ean:str}")
    async def product(ean: FromPath[str]) -> ProductFigures:
        world.tick()
        return desk.figures(ean)

    @post("/{ean:str}", status_code=200)
    async def cast(ean: FromPath[str], data: JSONBody[_Cast]) -> ProductFigures:
        world.tick()
        return desk.cast(ean, data.behaviours, data.floor)

    @post("/{ean:str}/push", status_code=200)
    async def push(ean: FromPath[str], data: JSONBody[_Push]) -> ProductFigures:
        world.tick()
        try:
            desk.push(ean, data.offer_id, data.do)
        except KeyError:
            raise NoSuchOffer(f"Nothing is called {data.do}.") from None
        world.store.flush()
        return desk.figures(ean)

    handlers = [listed, product, cast, push]
    return Router("/sandbox/api/market", route_handlers=handlers, exception_handlers={NoSuchOffer: _explain})


def _pages(world: World, desk: MarketDesk) -> list[HTTPRouteHandler]:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("entrepot.sandbox.rivals", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    templates.filters |= {"clock": _clock, "amount": "{:.2f}".format}

    @get("/market", media_type=MediaType.HTML)
    async def page(q: FromQuery[str] = "", said: FromQuery[str] = "") -> str:
        now = world.tick()
        products = [desk.figures(ean) for ean in desk.find(q, _SHOWN)]
        pace = f"{world.options.market_pace:g}"
        template = templates.get_template("page.html.jinja")
        return template.render(products=products, q=q, said=said, now=now, pace=pace, meanings=MEANING)

    @get("/market/live", media_type=MediaType.HTML)
    async def live(q: FromQuery[str] = "") -> str:
        world.tick()
        products = [desk.figures(ean) for ean in desk.find(q, _SHOWN)]
        return templates.get_template("live.html.jinja").render(products=products, q=q)

    @post("/market/do")
    async def do(request: Request[Any, Any, State]) -> Redirect:
        form = {name: str(value) for name, value in (await request.form()).items()}
        world.tick()
        try:
            said = _command(desk, form)
        except (KeyError, ValueError):
            said = "That was not understood: fill in the form of the page."
        except NoSuchOffer as error:
            said = str(error)
        world.store.flush()
        return Redirect(f"/market?{urlencode({'q': form.get('q', ''), 'said': said})}", status_code=303)

    return [page, live, do]


def _command(desk: MarketDesk, form: dict[str, str]) -> str:
    if form["do"] != "cast":
        return desk.push(form["ean"], form["offer_id"], form["do"])
    desk.cast(form["ean"], msgspec.convert(form["behaviours"].split(), list[Behaviour]))
    return "It has other sellers now."


def _explain(_: object, error: NoSuchOffer) -> Response[dict[str, Any]]:
    return Response({"status": 404, "detail": str(error)}, status_code=404)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M:%S}"
