"""The pages of invoices, walked through as people do."""

import json
from typing import Any

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.orders.factories import make_world

pytestmark = pytest.mark.anyio

HEAD = "Factuurnummer;Artikel;Aantal;Prijs;Klant;Straat;Postcode;Plaats;Land;Schap\n"
ROW = "{number};{code};2;9,95;Jansen;Dam 1;1012 JS;Amsterdam;NL;A-1\n"


@pytest.fixture
async def source(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> str:
    """A source, made on its page; returns the address of that page."""
    async with database.transaction(Scope.of(seller.id)) as session:
        await make_world(session, seller.id, [("MUG-BLUE", 10)])
    refused = await client.post("/orders/invoices/sources", data={"key": "No Good", "name": "", "currency": "EUR"})
    assert (refused.status_code, "small letters" in refused.text) == (422, True)
    made = await client.post("/orders/invoices/sources", data={"key": "erp", "name": "The ERP", "currency": "EUR"})
    assert made.status_code == 303
    address: str = made.headers["location"]
    return address


async def send(client: httpx.AsyncClient, *numbers: str, code: str = "MUG-BLUE") -> dict[str, Any]:
    invoices = [{"number": number, "customer": {"name": "Jansen", "area": "North"}, "lines": [{"code": code, "quantity": 1}]} for number in numbers]  # fmt: skip
    answer = await client.post("/api/v1/invoice-sources/erp/invoices/bulk", json={"invoices": invoices})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_what_needs_attention_is_settled(client: httpx.AsyncClient, source: str) -> None:
    body = await send(client, "INV-0001", "INV-0004", code="THEIRS-1")
    assert body["counts"] == {"attention": 2}
    listed = (await client.get("/orders/invoices?state=attention&q=jansen+north")).text
    assert "THEIRS-1" in listed
    assert "2 numbers are missing" in listed

    page = f"/orders/invoices/{body['items'][0]['invoice_id']}"
    assert "Which products are these?" in (await client.get(page)).text
    wrong = await client.post(f"{page}/code", data={"code": "THEIRS-1", "sku": "NOPE"})
    assert (wrong.status_code, "no product NOPE" in wrong.text) == (422, True)
    assert (await client.post(f"{page}/code", data={"code": "THEIRS-1", "sku": "MUG-BLUE"})).status_code == 303
    taken = (await client.get("/api/v1/invoices?state=taken")).json()["items"]
    assert {one["number"] for one in taken} == {"INV-0001", "INV-0004"}
    assert "THEIRS-1" in (await client.get(source)).text
    order = (await client.get(f"/orders/{taken[0]['order_id']}")).text
    assert "Invoice INV-000" in order

    broken = (await send(client, "INV-0005", code=""))["items"][0]["invoice_id"]
    again = f"/orders/invoices/{broken}/again"
    assert (await client.post(again, data={"raw": "{"})).status_code == 422
    good = '{"number": "INV-0005", "customer": {"name": "J"}, "lines": [{"code": "MUG-BLUE", "quantity": "1"}]}'
    assert (await client.post(again, data={"raw": good})).status_code == 303
    assert (await client.post(f"/orders/invoices/{broken}/cancel", data={"reason": "typo"})).status_code == 303
    assert (await client.get("/api/v1/invoice-sources/erp/invoices/INV-0005")).json()["state"] == "cancelled"


async def test_gaps_are_seen_and_explained(client: httpx.AsyncClient, source: str) -> None:
    await send(client, "INV-0003", "INV-0005", "INV-0008", "B1")
    source_id = source.rpartition("/")[2]
    gaps = "/orders/invoices/gaps"
    assert "INV-0006 – INV-0007" in (await client.get(gaps)).text
    assert (await client.post(f"{gaps}/{source_id}/void", data={"first": "INV-0006", "last": "B7", "reason": "x"})).status_code == 422  # fmt: skip
    void = {"first": "INV-0006", "last": "INV-0007", "reason": "printer test"}
    assert (await client.post(f"{gaps}/{source_id}/void", data=void)).status_code == 303
    found = (await client.get("/api/v1/invoices/gaps")).json()
    assert [(gap["first_number"], gap["last_number"]) for gap in found] == [("INV-0004", "INV-0004")]
    series = {"prefix": "INV-", "first": "2", "watched": "1"}
    assert (await client.post(f"{gaps}/{source_id}/series", data=series)).status_code == 303
    found = (await client.get("/api/v1/invoices/gaps")).json()
    assert {gap["first_number"] for gap in found} == {"INV-0002", "INV-0004"}
    back = await client.delete("/api/v1/invoice-sources/erp/voids/INV-0006")
    assert back.status_code == 204
    assert len((await client.get("/api/v1/invoices/gaps")).json()) == 3
    await client.post(f"{gaps}/{source_id}/series", data={"prefix": "INV-", "first": ""})
    assert (await client.get("/api/v1/invoices/gaps")).json() == []


async def test_a_file_is_previewed_and_its_columns_are_kept(client: httpx.AsyncClient, source: str) -> None:
    content = HEAD + ROW.format(number="F-1", code="MUG-BLUE") + ROW.format(number="F-2", code="NOPE")
    unknown = await client.post("/orders/invoices/import", data={"source": "nobody", "pasted": content})
    assert unknown.status_code == 422
    sent = await client.post("/orders/invoices/import", data={"source": "erp", "pasted": content})
    assert sent.status_code == 303, sent.text
    preview = (await client.get(sent.headers["location"])).text
    assert "1 new" in preview
    assert "No product has the code “NOPE”" in preview
    assert (await client.get("/api/v1/invoices")).json()["items"] == []
    columns = {"column-number": "0", "column-code": "1", "column-quantity": "2", "column-name": "9", "mark": ","}
    started = await client.post(f"{sent.headers['location']}/columns", data=columns | {"start": "1"})
    assert started.status_code == 303
    assert "4 columns of its files are known" in (await client.get(source)).text
    assert (await client.get("/imports/new/invoices")).headers["location"] == "/orders/invoices/import"


async def test_a_source_is_set_up(client: httpx.AsyncClient, source: str) -> None:
    form = {"name": "ERP 2", "currency": "eur", "country": "nl", "folder": "erp-in", "folder_watched": "true"}
    saved = await client.post(source, data=form)
    assert saved.status_code == 303, saved.text
    assert "exchange/erp-in" in (await client.get(source)).text
    wrong = await client.post(source, data=form | {"folder": "../postgres"})
    assert (wrong.status_code, "small letters, digits" in wrong.text) == (422, True)
    made = await client.post("/api/v1/invoice-sources", json={"key": "two", "name": "2", "folder": "erp-in"})
    assert made.status_code == 409
    assert (await client.post(f"{source}/look")).status_code == 303


async def test_hostile_input_is_told_and_breaks_nothing(client: httpx.AsyncClient, source: str) -> None:
    assert source
    address = "/api/v1/invoice-sources/erp/invoices"
    good = '{"number": "H-9", "customer": {"name": "J"}, "lines": [{"code": "MUG-BLUE", "quantity": 1}]}'
    hostile = [
        '{"number": "A\\u0000B", "remarks": "\\u0000", "customer": {"name": "\\ud83d"}, "lines": [{"code": "\\u0000"}]}',
        '{"number": "H-1", "lines": [{"code": "MUG-BLUE", "quantity": 99999999999999999999999}]}',
        '{"number": "H-2", "lines": [{"code": "MUG-BLUE", "quantity": 1, "price": 1e300}]}',
        '{"number": "H-3", "lines": {"a": 1}, "customer": [], "ship_to": 5, "date": "2026-02-31"}',
        '{"number": ["x"], "lines": []}',
        '{"number": "' + "9" * 100 + '", "lines": "x"}',
        "[[[]]]",
        "null",
    ]
    answer = await client.post(f"{address}/bulk", content=f'{{"invoices": [{",".join([*hostile, good])}]}}')
    assert answer.status_code in {200, 400}, answer.text
    for one in hostile:
        answer = await client.post(address, content=one, headers={"content-type": "application/json"})
        assert answer.status_code < 500, (one, answer.text)
        if answer.status_code == 200:
            assert answer.json()["result"] == "attention", one
    sent = await client.post(f"{address}/bulk", json={"invoices": [json.loads(good), "x", None, {"number": "\0"}]})
    assert sent.json()["counts"] == {"created": 1, "attention": 3}
    for path in ("%00", "x" * 500, "%F0%9F%98%80"):
        assert (await client.get(f"{address}/{path}")).status_code == 404
    assert (await client.post(f"{address}/bulk", json={"invoices": [1] * 1001})).status_code in {400, 422}
    assert (await client.get("/api/v1/invoices?cursor=x~y")).status_code == 422
