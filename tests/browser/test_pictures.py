"""A picture of every station's screen for the manual, on a phone, a tablet and a desk: a new screen is one line here."""

import os
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import PICTURES, Demo
from tests.browser.test_driving import under_way
from tests.browser.test_scanning import api, post
from tests.browser.test_stations import CUP, MUG, enter, every_station

__all__ = ["every_station"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(480),
    # That every page answers, fits a phone and can be used by everyone is tested in test_every_page.
    pytest.mark.skipif(not os.environ.get("ENTREPOT_PICTURES"), reason="pictures are made by `make pictures`"),
]

SIZES = {360: 800, 768: 1024, 1440: 900}
WALL = ViewportSize(width=1920, height=1080)


@dataclass(frozen=True, slots=True)
class Screen:
    """A station's screen; names in braces stand for the orders and lists of :func:`scene`."""

    name: str
    path: str


SCREENS = [
    Screen("pick", "/fulfilment/pick"),
    Screen("pick-list", "/fulfilment/pick/{list}"),
    Screen("pick-lines", "/fulfilment/pick/{list}/lines"),
    Screen("singles", "/fulfilment/singles"),
    Screen("sort", "/fulfilment/sort"),
    Screen("scan", "/fulfilment/scan"),
    Screen("check", "/fulfilment/check"),
    Screen("check-order", "/fulfilment/check/{checking}"),
    Screen("pack", "/fulfilment/pack"),
    Screen("pack-order", "/fulfilment/pack/{packing}"),
    Screen("box", "/fulfilment/box"),
    Screen("box-order", "/fulfilment/box/{boxing}"),
    Screen("consolidation", "/fulfilment/consolidation"),
    Screen("dispatch", "/fulfilment/dispatch"),
    Screen("counter", "/fulfilment/counter"),
    Screen("routes", "/fulfilment/routes"),
    Screen("drive", "/fulfilment/drive"),
    Screen("drive-route", "/fulfilment/drive/{route}"),
    Screen("cut-offs", "/fulfilment/cut-offs"),
    Screen("shipments", "/fulfilment/shipments"),
    Screen("manifests", "/fulfilment/manifests"),
    Screen("floor", "/fulfilment/floor"),
    Screen("floor-order", "/fulfilment/floor/{review}"),
    Screen("floor-settings", "/fulfilment/floor/settings"),
    Screen("put-away", "/stock/put-away"),
    Screen("replenish", "/replenish"),
    Screen("counts", "/counts"),
    Screen("board", "/fulfilment/boards"),
    Screen("board-picking", "/fulfilment/boards/picking"),
    Screen("board-checking", "/fulfilment/boards/checking"),
    Screen("board-packing", "/fulfilment/boards/packing"),
    Screen("board-boxing", "/fulfilment/boards/boxing"),
    Screen("board-dispatch", "/fulfilment/boards/dispatch"),
    Screen("board-delivery", "/fulfilment/boards/delivery"),
    Screen("reports", "/reports"),
    Screen("reports-history", "/reports/history"),
    Screen("reports-my-day", "/reports/my-day"),
    Screen("reports-people", "/reports/people"),
    Screen("reports-daily", "/reports/daily"),
]


def scene(demo: Demo, page: Page) -> dict[str, str]:
    """Put orders at every station, and a driver on the road; return what the screens are about."""
    page.goto("/fulfilment/floor")
    orders = [enter(page, street, MUG, CUP) for street in ("Kade", "Dam", "Plein", "Hof", "Wal", "Brink", "Steeg")]
    lists = [post(page, "pick-lists/claims", {"code": order["number"]}) for order in orders[:6]]
    for found in lists[:5]:
        picks = [{"line_id": line["id"], "quantity": line["quantity"]} for line in found["lines"]]
        post(page, f"pick-lists/{found['pick_list']['id']}/picks", {"picks": picks})
    about: dict[str, Any] = {"list": lists[5]["pick_list"]["id"]}
    for order, stage in zip(orders, ("packing", "boxing", "checking"), strict=False):
        post(page, f"orders/{order['id']}/stage", {"stage": "checking"})
        if stage != "checking":
            post(page, f"orders/{order['id']}/force", {"stage": stage, "reason": "counted by hand"})
        about[stage] = order["id"]
    post(page, f"orders/{orders[3]['id']}/review", {"reason": "The box is torn"})
    about["review"] = orders[3]["id"]
    about["route"], _ = under_way(demo, page, 3)
    assert api(page, "boards")["on_the_floor"] >= len(lists)
    return about


@pytest.mark.usefixtures("every_station")
def test_every_screen_of_a_station_has_its_pictures(demo: Demo, page: Page) -> None:
    about = scene(demo, page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    troubles: list[str] = []
    for screen in SCREENS:
        for width, height in SIZES.items():
            page.set_viewport_size(ViewportSize(width=width, height=height))
            answer = page.goto(screen.path.format(**about))
            if answer is None or not answer.ok:
                troubles.append(f"{screen.path} answers {answer.status if answer else 'nothing'}")
                break
            page.wait_for_timeout(300)
            if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
                troubles.append(f"{screen.path} is too wide for {width} px")
            page.screenshot(path=PICTURES / f"station-{screen.name}-{width}.png")
    page.set_viewport_size(WALL)
    page.goto("/fulfilment/boards/all?wall=1")
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / "station-board-wall-1920.png")
    assert troubles == [], "\n".join(troubles)
