"""The stations after picking, driven as a scanner does it: check, boxes, scales, review and back, orders that leave together."""

import re
import secrets
from collections.abc import Callable, Generator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Demo
from tests.browser.test_every_page import look_at, page_to_look_at
from tests.browser.test_scanning import api, post

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

MUG, CUP, STRAY = "22423", "85123A", "22178"


def wedge(page: Page, code: str) -> None:
    """Send the keys of a wedge scanner at its own speed, however slow this machine is just now."""
    page.evaluate(
        """code => [...code, "Enter"].forEach(key =>
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })))""",
        code,
    )


def put(page: Page, path: str, body: object) -> None:
    token = next(one.get("value", "") for one in page.context.cookies() if one.get("name") == "csrftoken")
    answer = page.request.put(f"/api/v1/{path}", data=body, headers={"x-csrftoken": token})
    assert answer.ok, answer.text()


@pytest.fixture
def every_station(page: Page) -> Generator[None]:
    """Switch every station on, and off again for the tests that share the hub."""
    page.goto("/fulfilment/floor")
    before = {path: api(page, path) for path in ("floor/settings", "packing/rules")}
    put(page, "floor/settings", before["floor/settings"] | {"checks": True, "boxes": True})
    put(page, "packing/rules", before["packing/rules"] | {"weighs": True, "tolerance_percent": 1, "tolerance_g": 1})
    yield
    for path, settings in before.items():
        put(page, path, settings)


def enter(page: Page, street: str, *skus: str) -> Any:  # noqa: ANN401 -- JSON
    """Enter an order for one address."""
    ship_to = {"first_name": "Noor", "last_name": "Bakker", "street": street, "house_number": "7"}
    town = {"postcode": "3511 AB", "city": "Utrecht", "country": "NL"}
    lines = [{"sku": sku, "quantity": 1, "unit_price": "9.95"} for sku in skus]
    order = post(page, "orders", {"ship_to": ship_to | town, "lines": lines})
    assert order["status"] == "reserved", order
    return order


def pick(page: Page, order: Any, codes: dict[str, str]) -> None:  # noqa: ANN401 -- JSON
    """Pick an order of single pieces, begun by scanning its number."""
    page.goto("/fulfilment/pick")
    wedge(page, order["number"])
    page.wait_for_url("**/fulfilment/pick/*-*")
    task = page.locator("#task")
    for done in range(len(codes)):
        expect(task).to_contain_text(f"{done} of {len(codes)}")
        sku = next(one for one in codes if f"· {one}" in task.inner_text())
        wedge(page, codes[sku])
    expect(task).to_contain_text("All done")
    assert api(page, f"orders/{order['id']}")["status"] == "picked"


def press(button: Locator) -> None:
    """Press a button by keyboard."""
    button.focus()
    button.press("Enter")


def box_kind(page: Page) -> str:
    """Add a kind of box; return its barcode."""
    code = f"BX-{secrets.token_hex(3).upper()}"
    sides = {"length_mm": 300, "width_mm": 200, "height_mm": 150}
    post(page, "box-kinds", {"code": code, "name": "Shoe box", "own_weight_g": 120, "max_weight_g": 9000} | sides)
    return code


@pytest.mark.usefixtures("every_station")
def test_one_order_goes_through_every_station_and_back_once(  # noqa: PLR0915 -- one story
    demo: Demo, page: Page, picture: Callable[..., None]
) -> None:
    kind = box_kind(page)
    order = enter(page, "Kerkstraat", MUG, CUP)
    codes = {sku: demo.gtin(sku) for sku in (MUG, CUP, STRAY)}
    pick(page, order, {sku: codes[sku] for sku in (MUG, CUP)})

    # Packing does not come before checking.
    page.goto(f"/fulfilment/box/{order['id']}")
    task = page.locator("#task")
    wedge(page, kind)
    expect(task).to_contain_text("must be checked before it is packed")

    # The checker finds something that does not belong there, and something missing: back to whoever picked it.
    page.goto("/fulfilment/check")
    wedge(page, "no such order")
    expect(task).to_contain_text("is called “no such order”")
    wedge(page, order["number"])
    page.wait_for_url(f"**/fulfilment/check/{order['id']}")
    wedge(page, codes[STRAY])
    expect(task).to_contain_text(f"1 × {STRAY} does not belong here; its place is")
    wedge(page, codes[MUG])
    expect(task).to_contain_text(f"1 of 1 × {MUG}")
    picture(page, "check")
    expect(task).to_contain_text(f"1 × {CUP} from")
    page.get_by_label("For whoever picked it").fill("look again")
    page.keyboard.press("Enter")
    expect(task).to_contain_text("Sent back")
    expect(task).to_contain_text("look again; ")

    # Somebody decides, and the order comes back to the check station.
    page.get_by_role("link", name="Resolve").click()
    page.wait_for_url("**/fulfilment/floor/*-*")
    page.get_by_label("What was decided").fill("cup brought")
    page.keyboard.press("Enter")
    expect(page.locator("#way")).to_contain_text("cup brought")
    page.goto("/fulfilment/check")
    wedge(page, order["number"])
    page.wait_for_url(f"**/fulfilment/check/{order['id']}")
    for sku in (MUG, CUP):
        wedge(page, codes[sku])
        expect(task).to_contain_text(f"1 of 1 × {sku}")
    press(task.get_by_role("button", name="Everything there"))
    expect(task).to_contain_text("goes on to packing")
    assert api(page, f"orders/{order['id']}/way")["place"]["stage"] == "packing"

    # Boxed by scanning; the scales ask, the box is sealed, opened again with a reason, and sealed for good.
    page.goto("/fulfilment/box")
    wedge(page, order["number"])
    page.wait_for_url(f"**/fulfilment/box/{order['id']}")
    wedge(page, codes[MUG])
    expect(task).to_contain_text("Begin a box first")
    for code, said in ((kind, "is open"), (codes[MUG], f"1 × {MUG} into"), (codes[CUP], f"1 × {CUP} into")):
        wedge(page, code)
        expect(task).to_contain_text(said)
    picture(page, "box")
    page.get_by_label("Weight in grams").fill("8999")
    page.keyboard.press("Enter")
    expect(task).to_contain_text("weighs 8999 g")
    page.get_by_label("Why the weight is right").fill("stone included")
    page.keyboard.press("Enter")
    expect(task).to_contain_text("Sealed")
    page.get_by_label("Why it is opened again").fill("no stone")
    page.keyboard.press("Enter")
    expect(task).not_to_contain_text("Sealed", use_inner_text=True)
    expected = task.get_by_text(re.compile(r"should weigh [\d,]+ g")).inner_text()
    grams = re.sub(r"\D", "", expected.partition("weigh")[2])
    page.get_by_label("Weight in grams").fill(grams)
    page.keyboard.press("Enter")
    expect(task).to_contain_text("As expected")
    assert api(page, f"orders/{order['id']}")["status"] == "packed"

    # Labelled, gone, delivered.
    page.get_by_role("link", name="Label and ship").click()
    page.wait_for_url("**/fulfilment/pack/*-*")
    press(page.get_by_role("button", name="Label and ship"))
    page.goto(f"/fulfilment/floor/{order['id']}")
    page.get_by_label("Who took it").fill("N. Bakker")
    page.keyboard.press("Enter")
    expect(page.locator("#way")).to_contain_text("Delivered")
    stages = [step["stage"] for step in api(page, f"orders/{order['id']}/way")["steps"]]
    assert stages[-3:] == ["packed", "dispatched", "delivered"]
    assert {"checking", "review", "packing", "boxing"} <= set(stages)
    page.goto(f"/orders/{order['id']}")
    expect(page.get_by_role("region", name="Packed")).to_contain_text(f"1 × {MUG}")


def test_two_orders_for_one_address_leave_in_one_box_with_one_label(
    demo: Demo, page: Page, picture: Callable[..., None]
) -> None:
    page.goto("/fulfilment/consolidation")
    street = f"Dam {secrets.token_hex(3)}"
    first, second = enter(page, street, MUG), enter(page, street, CUP)
    page.reload()
    press(page.get_by_role("button", name=f"Bring together: {first['number']}, {second['number']}"))
    group = page.get_by_role("region", name=re.compile("Group G-")).filter(has_text=first["number"])
    expect(group).to_contain_text("Waits")
    picture(page, "together")
    pick(page, first, {MUG: demo.gtin(MUG)})
    page.goto("/fulfilment/box")
    wedge(page, first["number"])
    page.wait_for_url(f"**/fulfilment/box/{first['id']}")
    task = page.locator("#task")
    press(task.get_by_role("button", name="New box"))
    expect(task).to_contain_text(f"waits for {second['number']}")

    pick(page, second, {CUP: demo.gtin(CUP)})
    page.goto("/fulfilment/box")
    wedge(page, second["number"])
    page.wait_for_url(f"**/fulfilment/box/{second['id']}")
    press(task.get_by_role("button", name="New box"))
    expect(task.get_by_role("button", name="All of it into the open box")).to_be_visible()
    for sku in (MUG, CUP):
        wedge(page, demo.gtin(sku))
        expect(task).to_contain_text(f"1 × {sku} into")
    page.get_by_label("Weight in grams").fill("900")
    page.keyboard.press("Enter")
    expect(task).to_contain_text("Sealed")
    page.get_by_role("link", name="Label and ship").click()
    page.wait_for_url("**/fulfilment/pack/*-*")
    press(page.get_by_role("button", name="Label and ship"))

    def both() -> bool:
        return all(api(page, f"orders/{one['id']}")["status"] == "shipped" for one in (first, second))

    demo.eventually(both, what="both orders leaving")
    sent = [api(page, f"shipments?search={one['number']}")["items"] for one in (first, second)]
    assert len({one["tracking_code"] for some in sent for one in some}) == 1
    assert [len(some) for some in sent] == [1, 1]


def test_the_stations_fit_a_phone_and_can_be_used_by_everyone(open_context: Callable[..., Any]) -> None:
    page = page_to_look_at(open_context)
    addresses = ("/fulfilment/check", "/fulfilment/box", "/fulfilment/consolidation", "/fulfilment/packing-stations")
    assert [f"{address}: {trouble}" for address in addresses for trouble in look_at(page, address)] == []
