"""What people and tests do to the simulated JTL-Wawi, as JSON and as a page."""

from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody
from litestar.response import Redirect

from entrepot.sandbox.jtl.gate import Gate
from entrepot.sandbox.jtl.schema import CLERK, DATABASE, PASSWORD, READER
from entrepot.sandbox.jtl.wawi import Wawi, WawiOrder

type _Handlers = list[HTTPRouteHandler | Router]

_SHOWN = 50
"""Orders."""


class _Faults(msgspec.Struct, forbid_unknown_fields=True):
    """What is to go wrong; what is left out stays as it is."""

    away: bool | None = None
    slow: float | None = None
    refuse: int | None = None
    asleep: bool | None = None
    send_seconds: float | None = None


class _Stock(msgspec.Struct, forbid_unknown_fields=True):
    sku: str
    quantity: int
    warehouse: int = 1


class WawiState(msgspec.Struct):
    """How the JTL world is."""

    address: str
    away: bool
    slow: float
    refuse: int
    asleep: bool
    send_seconds: float
    counts: dict[str, int]
    orders: list[WawiOrder]
    log: list[str]


def jtl_routes(wawi: Wawi, gate: Gate) -> _Handlers:  # noqa: C901 - a list of small handlers that share the world
    """Return the page at ``/jtl`` and the API under ``/sandbox/api/jtl``."""
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        files("entrepot.sandbox").joinpath("jtl", "page.html.jinja").read_text()
    )

    async def now(limit: int = _SHOWN) -> WawiState:
        return WawiState(
            address=f"postgresql://{CLERK}:{PASSWORD}@127.0.0.1:{gate.port}/{DATABASE}",
            away=gate.away,
            slow=gate.slow,
            refuse=wawi.refuse,
            asleep=wawi.asleep,
            send_seconds=wawi.send_seconds,
            counts=await wawi.counts(),
            orders=await wawi.orders(limit),
            log=list(reversed(wawi.log)),
        )

    async def change(wanted: _Faults) -> None:
        if wanted.away is not None:
            await gate.set_away(away=wanted.away)
        gate.slow = gate.slow if wanted.slow is None else max(0.0, wanted.slow)
        wawi.refuse = wawi.refuse if wanted.refuse is None else max(0, wanted.refuse)
        wawi.asleep = wawi.asleep if wanted.asleep is None else wanted.asleep
        wawi.send_seconds = wawi.send_seconds if wanted.send_seconds is None else max(0.0, wanted.send_seconds)

    @get("/")
    async def state(limit: FromQuery[int] = _SHOWN) -> WawiState:
        return await now(limit)

    @post("/faults", status_code=200)
    async def faults(data: JSONBody[_Faults]) -> WawiState:
        await change(data)
        return await now()

    @post("/stock", status_code=200)
    async def stock(data: JSONBody[_Stock]) -> Response[dict[str, str]]:
        if not await wawi.set_stock(data.sku, data.warehouse, data.quantity):
            return Response({"detail": "There is no such article or warehouse."}, status_code=404)
        return Response({"detail": "Set."})

    @post("/send", status_code=200)
    async def send() -> dict[str, int]:
        return {"sent": await wawi.send_now()}

    @post("/work", status_code=200)
    async def work() -> dict[str, int]:
        return {"done": await wawi.work()}

    @get("/jtl", media_type=MediaType.HTML)
    async def page(said: FromQuery[str] = "") -> str:
        return template.render(state=await now(), said=said, reader=READER)

    @post("/jtl/do")
    async def do(request: Request[Any, Any, State]) -> Redirect:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            said = await command(form)
        except (KeyError, ValueError):
            said = "That was not understood: fill in the form of the page."
        return Redirect(f"/jtl?{urlencode({'said': said})}", status_code=303)

    async def command(form: dict[str, str]) -> str:
        match form["command"]:
            case "away":
                await change(_Faults(away=not gate.away))
                return "The server is away." if gate.away else "The server answers again."
            case "asleep":
                await change(_Faults(asleep=not wawi.asleep))
                return "The worker sleeps." if wawi.asleep else "The worker works."
            case "slow":
                await change(_Faults(slow=float(form["value"])))
                return f"Every connection waits {gate.slow:g} s."
            case "refuse":
                await change(_Faults(refuse=int(form["value"])))
                return f"The next {wawi.refuse} orders are refused."
            case "send":
                return f"{await wawi.send_now()} orders were sent."
            case "stock":
                done = await wawi.set_stock(form["sku"].strip(), int(form["warehouse"]), int(form["value"]))
                return "The stock is set." if done else "There is no such article or warehouse."
            case _:
                raise KeyError(form["command"])

    api = Router("/sandbox/api/jtl", route_handlers=[state, faults, stock, send, work])
    return [api, page, do]
