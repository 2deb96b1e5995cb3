"""Render the shared templates with invented content, so that they can be looked at and checked.  Not shipped.

    python frontend/preview/render.py [--serve PORT]

Writes frontend/preview/out/*.html; with ``--serve`` answers them on loopback under the product's Content-Security-Policy.
"""

import argparse
import json
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
TEMPLATES = HERE.parents[1] / "src/entrepot/web/templates"
DIST = HERE.parents[1] / "src/entrepot/web/static/dist"
OUT = HERE / "out"
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
NOW = datetime.now(UTC)


def item(label: str, url: str, icon: str, shortcut: str | None = None, **more: object) -> dict[str, object]:
    """Return one entry of the navigation."""
    return {"label": label, "url": url, "icon": icon, "shortcut": shortcut, "active": False, "count": None, **more}


NAV = [
    {"label": "", "items": [item("Dashboard", "/style.html", "layout-dashboard", "g h")]},
    {
        "label": "Sell",
        "items": [
            item("Orders", "/orders.html", "shopping-cart", "g o", active=True, count=12),
            item("Needs attention", "/attention.html", "alert-triangle", "g n", count=2),
            item("Channels", "/channels.html", "plug-connected", "g c"),
        ],
    },
    {
        "label": "Warehouse",
        "items": [
            item("Picking", "/scan.html", "basket", "g p"),
            item("Packing", "/packing.html", "package", "g a"),
            item("Shipments", "/shipments.html", "truck", "g s"),
            item("Stock", "/stock.html", "stack-2", "g i"),
            item("Locations", "/locations.html", "map-pin", "g l"),
        ],
    },
    {"label": "Catalogue", "items": [item("Products", "/form.html", "tag", "g d")]},
    {
        "label": "Run",
        "items": [item("Jobs", "/jobs.html", "bolt", "g j"), item("Settings", "/settings.html", "settings", "g t")],
    },
]

STATUSES = ["open", "reserved", "on_hold", "needs_attention", "picking", "packed", "shipped", "delivered", "cancelled"]
NAMES = ["Anouk van den Berg", "Jörg Müller", "Sofie Peeters", "M. de Wit", "Élise Dupont", "Lars Bakker"]
ROWS = [
    {
        "id": str(n),
        "number": f"A000{4711 + n}",
        "channel": "bol.com NL" if n % 3 else "Manual",
        "name": NAMES[n % len(NAMES)],
        "city": ["Utrecht", "Köln", "Gent", "'s-Hertogenbosch"][n % 4],
        "lines": n % 4 + 1,
        "total": Decimal("12.95") * (n * n + 1),
        "status": STATUSES[n % len(STATUSES)],
        "placed": NOW - timedelta(minutes=7 * n * n + 1),
    }
    for n in range(14)
]
EVENTS = [
    {
        "time": NOW - timedelta(minutes=3),
        "actor": "Picker Piet",
        "text": "Picked 2 × MUG-BLUE from A-03-2-07",
        "icon": "basket",
        "tone": "accent",
    },
    {
        "time": NOW - timedelta(minutes=31),
        "actor": "Ann Smit",
        "text": "Released to pick list 118",
        "icon": "player-play",
    },
    {
        "time": NOW - timedelta(hours=2),
        "actor": "",
        "text": "Reserved 3 of 3 pieces",
        "icon": "lock",
        "tone": "success",
        "detail": "A-03-2-07 (2), B-01-1-01 (1)",
    },
    {
        "time": NOW - timedelta(hours=2, minutes=1),
        "actor": "bol.com NL",
        "text": "Imported from the channel",
        "icon": "cloud-download",
    },
]


def field(name: str, label: str, kind: str = "text", value: object = "", **more: object) -> SimpleNamespace:
    """Return a field as the forms of the product describe it."""
    base = {"help": "", "error": "", "required": False, "options": []}
    return SimpleNamespace(name=name, label=label, type=kind, value=value, **{**base, **more})


FIELDS = [
    field("name", "Name", value="Mug, blue", required=True),
    field("sku", "SKU", value="MUG BLUE", required=True, half=True, error="A SKU has no spaces. Try MUG-BLUE."),
    field(
        "gtin",
        "GTIN",
        value="8712345678906",
        half=True,
        help="13 digits; the last one is checked.",
        inputmode="numeric",
    ),
    field("price", "Purchase price", "number", "4.50", prefix="€", half=True),
    field("weight", "Weight", "number", "320", suffix="g", half=True),
    field(
        "kind",
        "Kind",
        "select",
        "bundle",
        required=True,
        options=[{"value": "single", "label": "Single"}, {"value": "bundle", "label": "Bundle"}],
    ),
    field("secret", "API secret", "password", half=True),
    field("from", "Sold from", "date", "2026-11-21", half=True),
    field("note", "Note", "textarea", "Fragile."),
    field(
        "mode",
        "Stock",
        "radio",
        "track",
        required=True,
        options=[
            {"value": "track", "label": "Track stock"},
            {"value": "none", "label": "Always available", "help": "For services and postage."},
        ],
    ),
    field("active", "Sell this product", "checkbox", value=True),
    field("image", "Photo", "file", help="JPEG or PNG, up to 10 MB."),
]


def gettext(message: str, **values: object) -> str:
    """Return the English text."""
    return message % values if values else message


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the English text for *count*."""
    return (one if count == 1 else many) % {"num": count, **values}


def environment() -> Environment:
    """Return the templates of the product and of the preview, as strict as in the product."""
    loader = ChoiceLoader([FileSystemLoader(TEMPLATES), FileSystemLoader(HERE / "pages")])
    env = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return env


def context(theme: str, locale: str, path: str) -> dict[str, object]:
    """Return what the application gives every template."""
    built = DIST / "manifest.json"
    manifest = json.loads(built.read_text()) if built.exists() else {}
    seller = SimpleNamespace(id="1", name="Huis & Haard")
    return {
        "locale": locale,
        "theme": theme,
        "asset": lambda name: "/static/" + manifest.get(name, name),
        "csrf_token": "csrf-abc",
        "live_cursor": "0",
        "me": SimpleNamespace(
            name="Ann Smit",
            email="ann@example.org",
            seller=seller,
            sellers=[seller, SimpleNamespace(id="2", name="Tuin BV")],
        ),
        "can": lambda _right: True,
        "nav": NAV,
        "path": path,
        "version": "0.1.0",
        "flash": None,
        "rows": ROWS,
        "events": EVENTS,
        "fields": FIELDS,
        "now": NOW,
        "statuses": STATUSES,
        "money_cases": [(Decimal("1234.5"), "EUR"), (Decimal(-7), "EUR"), (Decimal(1999), "JPY"), (Decimal(10), "PLN")],
        "days": {
            "x": [int((NOW - timedelta(days=13 - n)).timestamp()) for n in range(14)],
            "series": [{"label": "Orders", "values": [12, 18, 9, 22, 31, 28, 14, 19, 25, 17, 33, 40, 38, 21]}],
        },
    }


def render(theme: str, locale: str) -> None:
    """Write every page of the preview."""
    env = environment()
    OUT.mkdir(exist_ok=True)
    for page in sorted((HERE / "pages").glob("*.html")):
        text = env.get_template(page.name).render(context(theme, locale, f"/{page.name}"))
        (OUT / page.name).write_text(text)
    target = OUT / "static/dist"
    if DIST.exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(DIST, target)


class Preview(SimpleHTTPRequestHandler):
    """Static files under the product's policy, a live stream and a search that know one thing each."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, directory=str(OUT), **kwargs)  # type: ignore[arg-type]

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Stay quiet."""

    def answer(self, body: str, kind: str = "text/html; charset=utf-8", status: int = 200) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/live":
            self.stream()
        elif path == "/search.json":
            self.answer(
                json.dumps(
                    [
                        {
                            "label": "A0004711",
                            "hint": "Order of Jörg Müller",
                            "url": "/orders.html",
                            "icon": "shopping-cart",
                        }
                    ]
                ),
                "application/json",
            )
        else:
            if path == "/":
                self.path = "/style.html"
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if self.path.startswith("/scan"):
            wrong = "code=BAD" in body
            page = "_task_wrong.html" if wrong else "_task_right.html"
            self.answer(environment().get_template(page).render(context("auto", "en", "/scan.html")))
        else:
            self.send_response(303)
            self.send_header("Location", "/style.html")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for n in range(1, 100):
                self.wfile.write(
                    f"id: {n}\nevent: progress\ndata: {json.dumps({'run': 'run-1', 'done': n * 6, 'total': 629, 'text': 'Importing'})}\n\n".encode()
                )
                self.wfile.write(
                    f'id: {n}b\nevent: change\ndata: {{"topic":"orders.order_changed","subject":"order:{n}","data":{{}}}}\n\n'.encode()
                )
                self.wfile.flush()
                sleep(1)
        except OSError:
            return


def main() -> None:
    """Render, then serve when asked to."""
    options = argparse.ArgumentParser()
    options.add_argument("--theme", default="auto")
    options.add_argument("--locale", default="en")
    options.add_argument("--serve", type=int)
    chosen = options.parse_args()
    render(chosen.theme, chosen.locale)
    if chosen.serve:
        ThreadingHTTPServer(("127.0.0.1", chosen.serve), Preview).serve_forever()


if __name__ == "__main__":
    main()
