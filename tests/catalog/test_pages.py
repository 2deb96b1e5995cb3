"""The catalogue as people see it."""

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def made(client: httpx.AsyncClient, **fields: str) -> str:
    answer = await client.post("/products/new", data={"title": "Blue mug", "active": "true", **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_empty_catalogue_says_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/products")

    assert answer.status_code == 200
    assert "No products yet" in answer.text


async def test_a_product_is_made_shown_found_and_changed(client: httpx.AsyncClient) -> None:
    address = await made(client, sku="MUG", gtin="4006381333931", sales_price="7.95", tags="kitchen")

    shown = await client.get(address)
    assert shown.status_code == 200
    assert "Blue mug" in shown.text
    for tab in ("components", "variants", "documents", "history"):
        assert (await client.get(address, params={"tab": tab})).status_code == 200
    listed = await client.get("/products", params={"q": "blu"})
    assert "MUG" in listed.text
    form = await client.get(address + "/edit")
    assert 'value="7.95"' in form.text
    changed = await client.post(address + "/edit", data={"title": "Red mug", "active": "true", "version": "1"})
    assert changed.status_code == 303
    assert "Title changed" in (await client.get(address, params={"tab": "history"})).text


async def test_every_mistake_is_told_at_once_and_nothing_is_lost(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/products/new", data={"sku": "", "title": "", "gtin": "4006381333930", "sales_price": "x1"}
    )

    assert answer.status_code == 422
    for sentence in ("SKU is needed", "title is needed", "would have to be 1", "not a number"):
        assert sentence in answer.text
    assert 'value="x1"' in answer.text


async def test_prices_are_written_as_people_do(client: httpx.AsyncClient) -> None:
    client.cookies.set("locale", "nl")
    address = await made(client, sku="MOK", sales_price="1.234,50")

    assert 'value="1234,5"' in (await client.get(address + "/edit")).text


async def test_an_old_form_does_not_overwrite(client: httpx.AsyncClient) -> None:
    address = await made(client, sku="MUG")
    await client.post(address + "/edit", data={"title": "One", "active": "true", "version": "1"})

    answer = await client.post(address + "/edit", data={"title": "Two", "active": "true", "version": "1"})

    assert answer.status_code == 409
    assert "someone else" in answer.text


async def test_bundles_show_their_components_and_components_their_bundles(client: httpx.AsyncClient) -> None:
    mug = await made(client, sku="MUG")
    bundle = await made(client, sku="SET", kind="bundle", components="MUG:2")

    assert "MUG" in (await client.get(bundle, params={"tab": "components"})).text
    assert "Is a component of" in (await client.get(mug, params={"tab": "components"})).text


async def test_bulk_actions(client: httpx.AsyncClient) -> None:
    ids = [(await made(client, sku=f"S{n}")).rpartition("/")[2] for n in range(3)]

    asked = await client.post("/products/bulk/tag", data={"ids": ids})
    assert asked.text.count('name="ids"') == 3
    await client.post("/products/bulk/tags", data={"ids": ids, "add": "gift", "remove": ""})
    assert "gift" in (await client.get("/products", params={"tag": "gift"})).text
    await client.post("/products/bulk/archive", data={"ids": [*ids[:2], "nonsense"]})
    assert "S0" not in (await client.get("/products")).text
    assert "S0" in (await client.get("/products", params={"state": "archived"})).text
    await client.post("/products/bulk/restore", data={"ids": ids})
    assert "S0" in (await client.get("/products")).text


async def test_a_title_cannot_become_a_script(client: httpx.AsyncClient) -> None:
    address = await made(client, sku="<b>X</b>", title="<script>alert(1)</script>")

    for page in ("/products", address, address + "/edit", address + "?tab=history"):
        assert "<script>alert" not in (await client.get(page)).text


async def test_export_reads_back_as_nothing_changed(client: httpx.AsyncClient) -> None:
    await made(client, sku="MUG", title="=HYPERLINK(1)", sales_price="7.95", options="Colour: red", tags="a, b")
    await made(client, sku="SET", kind="bundle", components="MUG:2")

    exported = await client.get("/products/export.csv")
    assert exported.headers["content-disposition"].startswith("attachment")
    assert "'=HYPERLINK" in exported.text
    uploaded = await client.post("/imports/new/products", files={"file": ("all.csv", exported.content)})
    assert uploaded.status_code == 303, uploaded.text
    preview = await client.get(uploaded.headers["location"])
    assert "2 unchanged" in preview.text
    assert "0 failed" in preview.text
