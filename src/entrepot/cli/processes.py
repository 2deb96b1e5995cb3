"""The two kinds of processes: web and worker."""

import asyncio
import gc
import os
import signal
from functools import cache
from importlib import import_module
from typing import Any

import uvloop

from entrepot.cli.parent import end_with_parent, wait_until_ready
from entrepot.kit.collector import keep_for_good
from entrepot.kit.database import Database
from entrepot.kit.logs import set_up_logs
from entrepot.kit.postgres import Server, running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.tables import register_tables
from entrepot.kit.wakeup import Wakeups

CONNECTIONS = 4096
"""Requests and live streams one web process holds open at once."""


@cache
def load_web() -> None:
    """Load every slice's pages and API, for this process and its forks."""
    gc.disable()  # it would look through everything again and again, and find nothing to free
    from entrepot.web.slices import routes  # noqa: PLC0415 -- a worker alone does not load the pages

    import_module("entrepot.web.app")
    register_tables()
    routes()


@cache
def load_worker() -> None:
    """Load every slice's jobs, for this process and its forks."""
    gc.disable()
    from entrepot.jobs.discovery import discover  # noqa: PLC0415 -- a web process alone does not load the engine

    import_module("entrepot.jobs.worker")
    register_tables()
    discover()


def run_web() -> None:
    """Serve until SIGTERM."""
    gc.disable()
    settings = Settings()
    set_up_logs(settings, "web")
    end_with_parent()
    load_web()
    from entrepot.web.app import create_app  # noqa: PLC0415

    box = SecretBox(settings.keys)
    app = create_app(box, settings)
    keep_for_good()
    wait_until_ready()
    with running_server(settings, box, stop=False) as server:
        uvloop.run(serve(app, settings, box, server))
    # The embedded server aborts in the interpreter's own clean-up (granian 2.8 on Python 3.13); all is closed by now.
    os._exit(0)


async def serve(app: Any, settings: Settings, box: SecretBox, server: Server) -> None:  # noqa: ANN401 -- only the edge knows the framework
    """Serve the application on this event loop."""
    from granian.constants import Interfaces  # noqa: PLC0415 -- the worker does not load the server
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415
    from granian.server.embed import Server as Granian  # noqa: PLC0415

    app.state.database = Database(
        server.asyncpg(server.application), box.derive("scope"), pool=settings.database_pool, wakeups=Wakeups()
    )
    granian = Granian(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=1024,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=30_000),
        log_level=LogLevels.warning,
        websockets=True,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, granian.stop)
    await granian.serve()


def run_worker() -> None:
    """Do jobs until SIGTERM."""
    gc.disable()
    settings = Settings()
    set_up_logs(settings, "worker")
    end_with_parent()
    load_worker()
    from entrepot.jobs.worker import run_worker as work  # noqa: PLC0415

    box = SecretBox(settings.keys)
    wait_until_ready()
    keep_for_good()
    with running_server(settings, box, stop=False) as server:
        uvloop.run(work(settings, box, server))
