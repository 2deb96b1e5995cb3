"""``entrepot demo``: the hub beside a simulated outside world, filled with a real shop's products and orders."""

import json
import os
import secrets
import socket
from functools import partial
from pathlib import Path

from entrepot.cli.supervisor import EVERYTHING, Program, When, become, supervise
from entrepot.sandbox.jtl.schema import CLERK, DATABASE, PASSWORD
from entrepot.sandbox.shops.styles import STYLES

OWNER = "owner@demo.example"
FILLED = "filled"
"""A file that says the demo has its products and accounts."""
SANDBOX_PORT = 1
"""The sandbox listens on the hub's port plus this; its mailbox, its JTL-Wawi's database and its shops on the next ones."""
MARKET_PACE = 60
"""Others on the market do in a minute what they would do in an hour, unless the world waits to be told."""


def run_demo(*, port: int, folder: Path, speed: str) -> None:
    """Supervise the sandbox, the hub, and once the filling of it."""
    folder.mkdir(parents=True, exist_ok=True)
    sandbox, mail, jtl = (port + SANDBOX_PORT + number for number in range(3))
    drop = folder.resolve() / "drop"
    drop.mkdir(exist_ok=True)
    shops = jtl + 1
    for number in (port, sandbox, mail, jtl, *range(shops, shops + len(STYLES))):
        _refuse_taken(number)
    password = _password(folder / "owner.password")
    environment = {
        "ENTREPOT_DATA_DIR": str(folder.resolve()),
        "ENTREPOT_PORT": str(port),
        "ENTREPOT_OUTSIDE_ALLOW": '["127.0.0.0/8"]',
        "ENTREPOT_DROP_ALLOW": json.dumps([str(drop)]),
        "ENTREPOT_SMTP_URL": f"smtp://127.0.0.1:{mail}",
        "ENTREPOT_LOG_LEVEL": os.environ.get("ENTREPOT_LOG_LEVEL", "warning"),
        "ENTREPOT_SEARXNG_URL": f"http://127.0.0.1:{sandbox}/searxng",
        "ENTREPOT_SCRAPER_URL": f"http://127.0.0.1:{sandbox}",
        "ENTREPOT_DEMO_PASSWORD": password,
        "ENTREPOT_DEMO_SANDBOX": f"http://127.0.0.1:{sandbox}",
        "ENTREPOT_DEMO_PRICES": "yes",
        "ENTREPOT_DEMO_JTL": f"postgresql://{CLERK}:{PASSWORD}@127.0.0.1:{jtl}/{DATABASE}",
    }
    world = Program(
        "sandbox",
        partial(
            become,
            "entrepot.sandbox",
            f"--port={sandbox}",
            f"--smtp-port={mail}",
            f"--jtl-port={jtl}",
            f"--jtl-folder={drop}",
            f"--state={folder.resolve() / 'sandbox'}",
            f"--speed={speed}",
            "--channel-share=0.05",
            "--return-share=0.15",
            f"--shop-port={shops}",
            *(() if speed == "0" else (f"--market-pace={MARKET_PACE}", "--buyers-compare")),
        ),
        When.NOTHING,
    )
    print(
        f"""
  Entrepot   http://127.0.0.1:{port}     sign in as {OWNER} with {password}
  Sandbox    http://127.0.0.1:{sandbox}     the simulated marketplace, carrier and mailbox; at /temu Temu, at /jtl the ERP,
             at /market the other sellers of bol, at /shops the web shops whose prices are watched

  Ctrl-C stops everything; the data stay in {folder}.
""",
        flush=True,
    )
    first = () if (folder / FILLED).exists() else ("demo-data",)
    supervise([world, *EVERYTHING], environment=environment, first=first)


def _password(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.token_hex(3) for _ in range(3)))
    return path.read_text().strip()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"Port {port} is taken. Stop what listens there, or choose another: entrepot demo --port 9000"
            raise SystemExit(message) from error
