"""Runs a sandbox as a process of its own: web server and mail server in one event loop."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.bol.postman import deliver
from entrepot.sandbox.jtl.gate import Gate
from entrepot.sandbox.jtl.routes import jtl_routes
from entrepot.sandbox.jtl.server import beside
from entrepot.sandbox.jtl.wawi import Wawi
from entrepot.sandbox.options import ALL_AT_ONCE, DEFAULT_ACCOUNTS, RATE_LIMITS, TEMU_ACCOUNTS, WorldOptions
from entrepot.sandbox.shops.doors import doors
from entrepot.sandbox.smtp import listen
from entrepot.sandbox.temu.notices import Postman
from entrepot.sandbox.world import World, WrongSeed


def main(argv: Sequence[str]) -> int:
    """Serve until told to stop; returns the exit code."""
    chosen = _parser().parse_args(argv)
    options = WorldOptions(
        seed=chosen.seed,
        speed=chosen.speed,
        orders=chosen.orders,
        rounds=chosen.rounds,
        respect_stock=chosen.respect_stock,
        state=chosen.state,
        process_seconds=chosen.process_seconds,
        token_seconds=chosen.token_seconds,
        carrier_speed=chosen.carrier_speed,
        rate_limits=RATE_LIMITS[chosen.rate_limits],
        accounts=(*DEFAULT_ACCOUNTS, *TEMU_ACCOUNTS),
        temu_pending_seconds=chosen.temu_pending_seconds,
        temu_withheld_one_in=chosen.temu_withheld_one_in,
        channel_share=chosen.channel_share,
        return_share=chosen.return_share,
        market_pace=chosen.market_pace,
        shop_port=chosen.shop_port,
        buyers_compare=chosen.buyers_compare,
    )
    try:
        world = World(options)
    except WrongSeed as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        asyncio.run(serve(world, chosen.host, chosen.port, chosen.smtp_port, chosen.jtl_port, chosen.jtl_folder))
    except OSError as error:
        sys.stderr.write(f"The sandbox cannot listen on {chosen.host}: {error.strerror or error}\n")
        return 1
    finally:
        world.close()
    return 0


async def serve(
    world: World, host: str, port: int, smtp_port: int | None, jtl_port: int = 0, jtl_folder: Path | None = None
) -> None:
    """Serve a world until the process is asked to end; beside it a JTL-Wawi, if that has a port."""
    async with AsyncExitStack() as stack:
        wawi = await stack.enter_async_context(beside(world, host, jtl_port, jtl_folder)) if jtl_port else None
        if world.options.shop_port:
            await stack.enter_async_context(doors(host, port, world.options.shop_port))
        await _serve(world, host, port, smtp_port, wawi)


async def _serve(world: World, host: str, port: int, smtp_port: int | None, wawi: tuple[Wawi, Gate] | None) -> None:
    mail = await listen(world, host, smtp_port) if smtp_port else None
    server = Server(
        create_sandbox(world, jtl_routes(*wawi) if wawi else ()),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    sys.stdout.write(f"Sandbox at http://{host}:{port}/ (mail on port {smtp_port or 'none'})\n")
    sys.stdout.flush()
    postman = asyncio.create_task(deliver(world))
    temu_postman = asyncio.create_task(Postman.of(world).deliver())
    await server.serve()
    postman.cancel()
    temu_postman.cancel()
    if mail is not None:
        mail.close()


def _speed(text: str) -> float:
    speed = ALL_AT_ONCE if text == "all" else float(text)
    if speed < 0:
        raise argparse.ArgumentTypeError("a number of orders per minute, or 'all'")
    return speed


def _parser() -> argparse.ArgumentParser:
    default = WorldOptions()
    parser = argparse.ArgumentParser(prog="python -m entrepot.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8801)
    parser.add_argument("--smtp-port", type=int, default=8825, help="0 for no mail server")
    parser.add_argument("--jtl-port", type=int, default=0, help="of the simulated JTL-Wawi's database; 0 for none")
    parser.add_argument("--jtl-folder", type=Path, help="folder that the simulated JTL-Wawi imports files from")
    parser.add_argument("--state", type=Path, help="folder in which a restarted sandbox finds itself again")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--speed", type=_speed, default=default.speed, help="orders per minute, or 'all' at once")
    parser.add_argument("--orders", type=int, help="at most so many of the data set's orders")
    parser.add_argument("--rounds", type=int, default=default.rounds, help="how often the data set is replayed")
    parser.add_argument("--respect-stock", action="store_true", help="buyers order no more than the offers' stock")
    parser.add_argument("--process-seconds", type=float, default=default.process_seconds)
    parser.add_argument("--token-seconds", type=int, default=default.token_seconds)
    parser.add_argument("--carrier-speed", type=float, default=default.carrier_speed, help="times real time")
    parser.add_argument("--channel-share", type=float, default=0.0, help="part of orders that bol delivers itself")
    parser.add_argument("--return-share", type=float, default=0.0, help="part of shipped items that come back")
    parser.add_argument("--buyers-compare", action="store_true", help="buyers pay present prices, at the buy box")
    parser.add_argument("--shop-port", type=int, default=0, help="first port of the web shops; 0 for none of their own")
    parser.add_argument("--market-pace", type=float, default=default.market_pace, help="times other sellers act faster")
    parser.add_argument("--temu-pending-seconds", type=float, default=5.0, help="until an order at Temu may be sent")
    parser.add_argument("--temu-withheld-one-in", type=int, default=40, help="one in so many has no address")
    parser.add_argument("--rate-limits", choices=sorted(RATE_LIMITS), default="easy")
    return parser
