"""Products for programs."""

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio
URL = "/api/v1/products"


async def made(client: httpx.AsyncClient, **fields: object) -> str:
    answer = await client.post(URL, json={"title": "Blue mug", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["product"]["id"])


async def test_make_read_change_archive(client: httpx.AsyncClient) -> None:
    product_id = await made(
        client, sku="MUG", gtin="4006381333931", sales_price="7.95", tags=["b", "a"], options={"Colour": "red"}
    )

    read = (await client.get(f"{URL}/{product_id}")).json()["product"]
    assert (read["sku"], read["tags"], read["options"], read["version"]) == ("MUG", ["a", "b"], {"Colour": "red"}, 1)
    changed = await client.patch(f"{URL}/{product_id}", json={"gtin": None, "weight_g": 300, "version": 1})
    assert (changed.json()["product"]["gtin"], changed.json()["product"]["weight_g"]) == (None, 300)
    stale = await client.patch(f"{URL}/{product_id}", json={"title": "x", "version": 1})
    assert (stale.status_code, stale.json()["type"].rpartition("/")[2]) == (409, "catalog.product_changed_meanwhile")
    assert (await client.delete(f"{URL}/{product_id}")).status_code == 204
    assert (await client.get(URL, params={"active": "true"})).json()["items"] == []


async def test_problems_name_their_fields(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"sku": "MUG", "title": "Mug", "gtin": "4006381333930", "weight_g": -1})

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {error["field"] for error in answer.json()["errors"]} == {"gtin", "weight_g"}


async def test_unknown_fields_and_products_are_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post(URL, json={"sku": "A", "title": "A", "colour": "red"})).status_code == 400
    missing = f"{URL}/00000000-0000-0000-0000-000000000000"
    for answer in (await client.get(missing), await client.patch(missing, json={}), await client.delete(missing)):
        assert answer.status_code == 404


async def test_lists_by_cursor_and_filter(client: httpx.AsyncClient) -> None:
    for n in range(5):
        await made(client, sku=f"S{n}", gtin="4006381333931" if n == 3 else None)
    seen: list[str] = []
    cursor = None
    while True:
        page = (await client.get(URL, params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["sku"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert seen == ["S4", "S3", "S2", "S1", "S0"]
    for params, expected in [
        ({"sku": "S1"}, ["S1"]),
        ({"gtin": "04006381333931"}, ["S3"]),
        ({"updated_since": "2999-01-01T00:00:00Z"}, []),
        ({"q": "s2"}, ["S2"]),
    ]:
        assert [item["sku"] for item in (await client.get(URL, params=params)).json()["items"]] == expected
    assert (await client.get(URL, params={"limit": 201})).status_code == 400


async def test_saves_many_and_tells_about_each(client: httpx.AsyncClient) -> None:
    await made(client, sku="OLD")
    items = [
        {"sku": "OLD", "title": "Changed"},
        {"sku": "NEW", "title": "New", "kind": "bundle", "components": {"OLD": 2}},
        {"sku": "BAD", "title": "Bad", "gtin": "1"},
        {"title": "No SKU"},
    ]

    first = (await client.post(f"{URL}/bulk", json={"items": items})).json()["results"]
    again = (await client.post(f"{URL}/bulk", json={"items": items})).json()["results"]

    assert [result["result"] for result in first] == ["updated", "created", "failed", "failed"]
    assert [result["result"] for result in again] == ["unchanged", "unchanged", "failed", "failed"]
    assert list(first[2]["problems"]) == ["gtin"]
    assert (await client.post(f"{URL}/bulk", json={"items": items * 126})).status_code == 400


async def test_reading_is_not_writing(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.CATALOG_READ}))

    assert (await reader.get(URL)).status_code == 200
    assert (await reader.post(URL, json={"sku": "A", "title": "A"})).status_code == 403
    assert (await reader.post(f"{URL}/bulk", json={"items": []})).status_code == 403
