"""The first run: whoever proves that the hub is theirs becomes its owner, once."""

import asyncio

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.http import SESSION_COOKIE
from entrepot.access.service import setup_code
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def empty(database: Database) -> None:
    """Nobody can sign in; other tests of this process are done with their users."""
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(text("DELETE FROM user_account"))


@pytest.fixture
async def visitor(empty: None, make_client: MakeClient) -> httpx.AsyncClient:  # noqa: ARG001 -- the order matters
    client = await make_client()
    client.headers["x-forwarded-for"] = "203.0.113.9"  # through a proxy: not at the machine
    return client


def answers(code: str) -> dict[str, str]:
    return {
        "code": code,
        "name": "Ann Smit",
        "email": f"{new_id().hex}@example.org",
        "password": "a calm green harbour",
        "seller": f"Blue Mugs {new_id().hex}",
        "currency": "EUR",
        "country": "NL",
        "warehouse": "Back room",
    }


async def count(database: Database, table: str) -> int:
    async with database.transaction(Scope.all_sellers()) as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_new_hub_leads_to_the_first_run(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/sign-in")).headers["location"] == "/first-run"
    page = await visitor.get("/first-run")
    assert page.status_code == 200
    assert "Set-up code" in page.text


async def test_the_code_makes_an_owner_a_seller_and_a_warehouse(
    visitor: httpx.AsyncClient, database: Database, box: SecretBox
) -> None:
    before = await count(database, "warehouse")
    given = answers(setup_code(box).upper().replace("-", " "))

    done = await visitor.post("/first-run", data=given)

    assert (done.status_code, done.headers["location"]) == (303, "/"), done.text
    assert SESSION_COOKIE in visitor.cookies
    me = (await visitor.get("/api/v1/me")).json()
    assert me["name"] == "Ann Smit"
    assert "sellers.manage" in me["rights"]
    assert given["seller"] in [seller["name"] for seller in me["sellers"]]
    assert await count(database, "warehouse") == before + 1
    assert (await visitor.get("/first-run")).headers["location"] == "/sign-in"
    again = await visitor.post("/first-run", data=answers(setup_code(box)))
    assert again.status_code == 409
    assert await count(database, "user_account") == 1


@pytest.mark.parametrize("code", ["", "00000-00000-00000-00000", "é"])
async def test_without_the_code_nobody_takes_the_hub(visitor: httpx.AsyncClient, database: Database, code: str) -> None:
    refused = await visitor.post("/first-run", data=answers(code))
    assert refused.status_code == 422
    assert "not the set-up code" in refused.text
    assert await count(database, "user_account") == 0


async def test_bad_answers_are_told_all_or_nothing(
    visitor: httpx.AsyncClient, database: Database, box: SecretBox
) -> None:
    sellers = await count(database, "seller")
    for name, bad in {
        "email": "nobody",
        "password": "short",
        "currency": "euro",
        "warehouse": "",
        "seller": "",
    }.items():
        refused = await visitor.post("/first-run", data={**answers(setup_code(box)), name: bad})
        assert refused.status_code == 422, name
        assert 'aria-invalid="true"' in refused.text, name
    assert await count(database, "user_account") == 0
    assert await count(database, "seller") == sellers


async def test_who_sits_at_the_machine_needs_no_code(
    empty: None,  # noqa: ARG001 -- the order matters
    make_client: MakeClient,
    database: Database,
) -> None:
    client = await make_client()
    renamed = await client.post("/first-run", data=answers(""))
    assert renamed.status_code == 422, "a name that merely points here is not the machine"
    client.headers["host"] = "localhost:8800"
    assert "Set-up code" not in (await client.get("/first-run")).text
    assert (await client.post("/first-run", data=answers(""))).status_code == 303
    assert await count(database, "user_account") == 1


async def test_only_one_of_many_is_first(visitor: httpx.AsyncClient, database: Database, box: SecretBox) -> None:
    done = await asyncio.gather(*(visitor.post("/first-run", data=answers(setup_code(box))) for _ in range(5)))
    assert sorted(answer.status_code for answer in done) == [303, 409, 409, 409, 409]
    assert await count(database, "user_account") == 1
