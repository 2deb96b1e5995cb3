"""The control API: everything the control page can do, and more detail, as JSON."""

from typing import Any, Literal

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from entrepot.sandbox.carrier.parcels import Parcel
from entrepot.sandbox.control.desk import BasketLine, Desk, Impossible
from entrepot.sandbox.control.figures import Figures, OrderFigures, figures, latest_orders, order_figures
from entrepot.sandbox.faults import KINDS, MEANING, Fault, FaultError
from entrepot.sandbox.mail import Mail
from entrepot.sandbox.marketplace.entities import Order, Process, Shipment
from entrepot.sandbox.options import ALL_AT_ONCE
from entrepot.sandbox.retail.catalogue import Bundle
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.retail.export import bundles, catalogue_rows, units_sold
from entrepot.sandbox.retail.report import ImportReport
from entrepot.sandbox.traffic import Request


class _Clock(msgspec.Struct, forbid_unknown_fields=True):
    advance_seconds: float


class _Speed(msgspec.Struct, forbid_unknown_fields=True):
    orders_per_minute: float | Literal["all"] | None = None
    client_id: str | None = None
    carrier_speed: float | None = None


class _NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    client_id: str | None = None
    lines: list[BasketLine] = msgspec.field(default_factory=list[BasketLine])
    country: Literal["NL", "BE", "DE"] = "NL"


class _Cancellation(msgspec.Struct, forbid_unknown_fields=True):
    order_item_id: str | None = None
    quantity: int | None = None


class _Who(msgspec.Struct, forbid_unknown_fields=True):
    client_id: str | None = None


class _State(msgspec.Struct):
    figures: Figures
    orders: list[OrderFigures]
    shipments: dict[str, list[Shipment]]
    processes: dict[str, list[Process]]
    parcels: list[Parcel]
    faults: list[Fault]


def control_api(desk: Desk) -> Router:  # noqa: C901 - a list of small handlers that share the desk
    """The routes under ``/sandbox/api``."""
    world = desk.world

    @get("/stats")
    async def stats() -> Figures:
        return figures(world)

    @get("/state")
    async def state() -> _State:
        accounts = world.accounts
        return _State(
            figures=figures(world),
            orders=[
                order_figures(account, order)
                for account in accounts.values()
                for order in account.orders.orders.values()
            ],
            shipments={name: list(account.shipments.values()) for name, account in accounts.items()},
            processes={name: list(account.processes.processes.values()) for name, account in accounts.items()},
            parcels=list(world.parcels.parcels.values()),
            faults=list(world.faults.active.values()),
        )

    @get("/orders")
    async def orders(limit: FromQuery[int] = 100, client_id: FromQuery[str | None] = None) -> list[OrderFigures]:
        world.tick()
        return latest_orders(world, limit, client_id)

    @get("/orders/{order_id:str}")
    async def order(order_id: FromPath[str]) -> Order:
        world.tick()
        return desk.find_order(order_id)[1]

    @post("/orders")
    async def place(data: JSONBody[_NewOrder]) -> Order:
        return desk.place_order(data.client_id, data.lines, data.country)

    @post("/orders/{order_id:str}/cancel", status_code=200)
    async def cancel(order_id: FromPath[str], data: JSONBody[_Cancellation]) -> Order:
        return desk.cancel(order_id, data.order_item_id, data.quantity)

    @post("/orders/{order_id:str}/change", status_code=200)
    async def change(order_id: FromPath[str]) -> Order:
        return desk.change_address(order_id)

    @get("/parcels")
    async def parcels() -> list[Parcel]:
        world.tick()
        return list(world.parcels.parcels.values())

    @post("/parcels/{tracking:str}/scan", status_code=200)
    async def scan(tracking: FromPath[str]) -> Parcel:
        return desk.scan(tracking, to_the_end=False)

    @post("/parcels/{tracking:str}/deliver", status_code=200)
    async def deliver(tracking: FromPath[str]) -> Parcel:
        return desk.scan(tracking, to_the_end=True)

    @get("/faults")
    async def faults() -> dict[str, Any]:
        return {"active": list(world.faults.active.values()), "kinds": {kind: MEANING[kind] for kind in KINDS}}

    @post("/faults")
    async def add_fault(data: JSONBody[Fault]) -> Fault:
        try:
            return world.faults.add(data)
        except FaultError as error:
            raise Impossible(str(error)) from error

    @delete("/faults")
    async def clear_faults() -> None:
        world.faults.clear()

    @delete("/faults/{fault_id:str}")
    async def remove_fault(fault_id: FromPath[str]) -> None:
        if not world.faults.remove(fault_id):
            raise Impossible(f"There is no fault {fault_id}.", absent=True)

    @get("/clock")
    async def clock() -> dict[str, Any]:
        return {"now": world.clock.now(), "ahead_seconds": world.clock.ahead.total_seconds()}

    @post("/clock", status_code=200)
    async def advance(data: JSONBody[_Clock]) -> dict[str, Any]:
        desk.advance(data.advance_seconds)
        return {"now": world.clock.now(), "ahead_seconds": world.clock.ahead.total_seconds()}

    @post("/speed", status_code=200)
    async def speed(data: JSONBody[_Speed]) -> Figures:
        if data.orders_per_minute is not None:
            per_minute = ALL_AT_ONCE if data.orders_per_minute == "all" else data.orders_per_minute
            desk.set_order_speed(per_minute, data.client_id)
        if data.carrier_speed is not None:
            desk.set_carrier_speed(data.carrier_speed)
        return figures(world)

    @post("/tokens/expire")
    async def expire(data: JSONBody[_Who]) -> None:
        desk.expire_tokens(data.client_id)

    @get("/requests")
    async def requests() -> list[Request]:
        return list(reversed(world.traffic.last))

    @get("/mutations")
    async def mutations(path: FromQuery[str | None] = None) -> list[Request]:
        return [request for request in world.traffic.mutations if path is None or request.path.startswith(path)]

    @get("/mails")
    async def mails() -> list[Mail]:
        return world.mails.latest()

    @delete("/mails")
    async def clear_mails() -> None:
        world.mails.clear()

    @get("/report")
    async def report() -> ImportReport:
        return load().report

    @get("/catalogue")
    async def catalogue() -> list[dict[str, str]]:
        return catalogue_rows()

    @get("/bundles")
    async def gift_sets() -> tuple[Bundle, ...]:
        return bundles()

    @get("/units-sold")
    async def demand() -> dict[str, int]:
        return dict(units_sold())

    handlers = [
        *(stats, state, orders, order, place, cancel, change, parcels, scan, deliver),
        *(faults, add_fault, clear_faults, remove_fault, clock, advance, speed, expire),
        *(requests, mutations, mails, clear_mails, report, catalogue, gift_sets, demand),
    ]
    return Router("/sandbox/api", route_handlers=handlers, exception_handlers={Impossible: _explain})


def _explain(_: object, error: Impossible) -> Response[dict[str, Any]]:
    status = 404 if error.absent else 409
    return Response({"status": status, "detail": str(error)}, status_code=status)
