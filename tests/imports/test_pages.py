"""Imports as people go through them."""

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.imports.jobs import ApplyTable
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio

TABLE = b"sku;title;gtin;price\nMUG;Mug;;7,95\n=BAD;;;x\n"


async def test_from_the_file_to_the_failed_rows(
    client: httpx.AsyncClient, database: Database, box: SecretBox, settings: Settings, seller: SellerRef
) -> None:
    assert "CSV file" in (await client.get("/imports/new/products")).text
    uploaded = await client.post("/imports/new/products", files={"file": ("table.csv", TABLE)})
    address = uploaded.headers["location"]
    preview = await client.get(address)
    assert "1 new" in preview.text
    assert "not a number" in preview.text
    columns = {
        "column-sku": "0",
        "column-title": "1",
        "column-sales_price": "3",
        "mode": "both",
        "mark": ",",
        "start": "1",
    }
    assert (await client.post(address + "/columns", data=columns)).status_code == 303
    assert "Stop" in (await client.get(address)).text

    import_id = address.rpartition("/")[2]
    await run_inline(database, box, settings, ApplyTable(seller.id, import_id))  # type: ignore[arg-type]  # text of a UUID

    result = await client.get(address)
    assert "Download failed rows" in result.text
    failed = await client.get(address + "/failed.csv")
    assert "'=BAD" in failed.text
    assert "not a number" in failed.text
    assert "MUG" not in failed.text
    assert "table.csv" in (await client.get("/imports")).text


async def test_pasted_rows_work_like_a_file(client: httpx.AsyncClient) -> None:
    uploaded = await client.post("/imports/new/products", data={"pasted": "sku\ttitle\nMUG\tMug\n"})

    assert "1 new" in (await client.get(uploaded.headers["location"])).text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a CSV file"),
        (b'sku\n"open\n', "Line 2"),
        (b"PK\x03\x04\x00\x00", "cannot be read"),
        (b"sku\n", "no rows"),
    ],
)
async def test_what_cannot_be_read_is_explained(client: httpx.AsyncClient, content: bytes, sentence: str) -> None:
    answer = await client.post("/imports/new/products", files={"file": ("bad.csv", content)})

    assert answer.status_code == 422
    assert sentence in answer.text


async def test_forty_megabytes_are_refused_with_a_sentence(client: httpx.AsyncClient) -> None:
    answer = await client.post("/imports/new/products", files={"file": ("big.csv", b"sku\n" + b"x" * 40_000_000)})

    assert answer.status_code == 413
    assert "smaller parts" in answer.text


async def test_a_draft_can_be_discarded(client: httpx.AsyncClient) -> None:
    uploaded = await client.post("/imports/new/products", files={"file": ("table.csv", TABLE)})
    answer = await client.post(uploaded.headers["location"] + "/cancel")

    assert answer.headers["location"] == "/products"


async def test_an_unknown_kind_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/imports/new/elephants")).status_code == 404


async def test_the_example_can_be_imported(client: httpx.AsyncClient) -> None:
    example = await client.get("/imports/new/products/example.csv")
    uploaded = await client.post("/imports/new/products", files={"file": ("example.csv", example.content)})

    assert "0 failed" in (await client.get(uploaded.headers["location"])).text


async def test_the_right_of_the_kind_is_needed(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.CATALOG_READ}))

    assert (await reader.get("/imports/new/products")).status_code == 403
    assert (await reader.post("/imports/new/products", files={"file": ("t.csv", TABLE)})).status_code == 403
    assert (await reader.post("/api/v1/imports/products", content=TABLE)).status_code == 403


async def test_programs_send_the_table_as_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/imports/products?mode=create", content=TABLE, headers={"content-type": "text/csv"}
    )

    assert answer.status_code == 202, answer.text
    summary = answer.json()["summary"]
    assert (summary["status"], summary["row_count"]) == ("running", 2)
    assert (await client.get(f"/api/v1/imports/{summary['id']}")).json()["summary"]["kind"] == "products"
