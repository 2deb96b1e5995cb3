"""Picking for several orders at once, driven as a scanner does it; and two people who reach for one order."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import Demo, listen, sign_in
from tests.browser.test_path_of_an_order import scan
from tests.browser.test_scanning import api, lines, piece, post

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

MUG, CUP = "47566", "85123A"
"""The first is in no other test: all of it lies in one place."""
PHONE = ViewportSize(width=360, height=740)


def test_a_batch_with_a_short_pick_is_sorted_at_the_wall(  # noqa: PLR0915 -- one story
    demo: Demo, page: Page, bring_in: Callable[[Page, str], str], picture: Callable[..., None]
) -> None:
    numbers = [demo.place_order((MUG, 2)), demo.place_order((MUG, 2), (CUP, 1))]
    orders = [bring_in(page, number).rpartition("/")[2] for number in numbers]
    barcodes = {sku: demo.gtin(sku) for sku in (MUG, CUP)}
    made = post(page, "pick-lists", {"order_ids": orders, "mode": "batch"})
    list_id = made["pick_list_ids"][0]
    first = next(line for line in lines(page, list_id) if line["sku"] == MUG)
    spare = next(
        one
        for building in api(page, "warehouses")["items"]
        for one in api(page, f"warehouses/{building['id']}/locations?limit=200")["items"]
        if one["pickable"] and one["kind"] != "zone" and one["code"] != first["location_code"]
    )
    post(page, "stock-moves/receive", {"product": MUG, "location": spare["code"], "quantity": 4})

    # What both orders take from a place is one task; one piece is missing, and comes from elsewhere.
    page.set_viewport_size(PHONE)
    page.clock.install()
    post(page, f"pick-lists/{list_id}/claim")
    page.goto(f"/fulfilment/pick/{list_id}")
    expect(page.locator("[data-live=live]")).to_be_visible()
    task = page.locator("#task")
    missing = False
    while not task.get_by_text("All done").count():
        rest = [line for line in lines(page, list_id) if line["state"] == "open"]
        here = [
            line for line in rest if (line["location_code"], line["sku"]) == (rest[0]["location_code"], rest[0]["sku"])
        ]
        expect(task.locator(".task-big")).to_have_text(rest[0]["location_code"])
        expect(task.locator(".task-quantity b")).to_have_text(str(sum(one["quantity"] - one["picked"] for one in here)))
        if rest[0]["sku"] == MUG and not missing and len(here) > 1:
            missing = True
            scan(page, barcodes[CUP])
            expect(task).to_contain_text(f"That is SKU {CUP}")
            piece(page, barcodes[MUG])
            expect(task).to_contain_text(f"Picked 1 of {MUG}.")
            picture(page, "batch")
            page.set_viewport_size(PHONE)
            task.get_by_role("button", name="Short").click()
            task.get_by_label("How many are there").fill("2")
            task.get_by_role("button", name="Fewer than there should be").click()
            expect(task).to_contain_text(f"1 of {MUG} missing; 1 are taken from elsewhere instead.")
        else:
            units = sum(one["quantity"] - one["picked"] for one in here)
            task.get_by_role("button", name=re.compile("Picked")).click()
            expect(task).to_contain_text(f"Picked {units} of {rest[0]['sku']}.")
    assert missing
    assert [api(page, f"orders/{order}")["status"] for order in orders] == ["picked", "picked"]
    counts = api(page, "counts?limit=200")["items"]
    assert any(first["location_code"] in count["title"] and MUG in count["title"] for count in counts)

    # The wall says where each piece goes; the same again within one pull of the trigger counts once.
    task.get_by_role("link", name="Sort").click()
    said = page.locator("#put")
    for place, inside in ((1, 1), (1, 2), (2, 1)):
        piece(page, barcodes[MUG])
        page.keyboard.press("Enter")
        expect(said.locator(".task-big")).to_have_text(str(place))
        expect(said.locator(".task-quantity b")).to_have_text(str(inside))
    piece(page, barcodes[CUP])
    expect(said.locator(".task-quantity b")).to_have_text(re.compile("^[23]$"))
    last = 1 if said.locator(".task-big").inner_text().strip() == "2" else 0  # equally urgent orders stand either way
    picture(page, "put-wall")
    page.set_viewport_size(PHONE)
    wall = page.locator(".put-wall")
    expect(wall.get_by_role("region", name=numbers[1 - last])).to_contain_text("Complete")
    expect(wall.get_by_role("region", name=numbers[last])).to_contain_text(f"1 × {MUG}")
    piece(page, barcodes[CUP])
    expect(said).to_contain_text(f"Every picked piece of {CUP} is sorted already")
    piece(page, barcodes[MUG])
    expect(said).to_contain_text("is complete. Pack it.")
    said.get_by_role("link", name=re.compile("Pack ")).click()
    page.wait_for_url(f"**/fulfilment/pack/{orders[last]}")


def test_of_two_pickers_who_scan_one_order_one_gets_it(
    demo: Demo, page: Page, open_context: Callable[..., BrowserContext], bring_in: Callable[[Page, str], str]
) -> None:
    number = f"BOL-{demo.place_order((MUG, 1))}"
    order = bring_in(page, number.removeprefix("BOL-")).rpartition("/")[2]
    colleague = open_context(storage_state=None).new_page()
    errors = listen(colleague)
    sign_in(colleague, "picker@demo.example", demo.password)
    both = (page, colleague)
    for one in both:
        one.goto("/fulfilment/pick")
        one.keyboard.type(number)
    for one in both:  # neither waits for the other's answer
        one.keyboard.press("Enter")
    got = demo.eventually(lambda: [one for one in both if one.locator("#task").count()], what="one of them picking")
    assert len(got) == 1
    late = colleague if got[0] is page else page
    expect(late.locator("#claimed")).to_contain_text("is picking list")
    expect(got[0].locator("#task")).to_contain_text(number)
    active = api(page, "pick-lists?status=active&limit=200")["items"]
    assert [any(line["order_id"] == order for line in lines(page, one["id"])) for one in active].count(True) == 1
    assert errors == []
