"""API keys, access tokens, and what a program may repeat."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.credentials import KeyCredential, TokenCredential, read_authorization
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import Right
from entrepot.access.service import AuthenticationService, KeyService, NewSecret
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.web.rate_limits import RateLimits
from tests.access.conftest import MakePerson, Person
from tests.conftest import MakeClient, principal_for
from tests.statements import sent

pytestmark = pytest.mark.anyio
type Browser = Callable[[Person], Awaitable[httpx.AsyncClient]]
type MakeSeller = Callable[..., Awaitable[SellerRef]]


def basic(made: NewSecret) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{made.public_id}:{made.secret}".encode()).decode()}


def bearer(made: NewSecret) -> dict[str, str]:
    return {"authorization": f"Bearer {made.secret}"}


async def make_key(
    database: Database, seller: SellerRef, *rights: Right, expires_at: datetime | None = None
) -> NewSecret:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await KeyService(session, principal_for(seller)).create_key(
            name="Till", rights=rights, expires_at=expires_at
        )


async def make_token(
    database: Database, person: Person, seller: SellerRef, *rights: Right, life: timedelta = timedelta(days=1)
) -> NewSecret:
    principal = Principal(
        actor=Actor("user", str(person.id), "Ann"), rights=frozenset(Right), sellers=(seller,), seller=seller
    )
    async with database.transaction(Scope.all_sellers()) as session:
        return await KeyService(session, principal).create_token(
            person.id, name="Excel", rights=rights, seller_id=seller.id, life=life
        )


async def test_a_key_works_within_its_rights_for_its_seller(
    stranger: httpx.AsyncClient, database: Database, make_seller: MakeSeller
) -> None:
    one, two = await make_seller("One"), await make_seller("Two")
    key = await make_key(database, one, Right.API_KEYS_MANAGE)
    other = await make_key(database, two, Right.API_KEYS_MANAGE)

    me = (await stranger.get("/api/v1/me", headers=basic(key))).json()
    assert (me["kind"], me["seller"]["name"], me["rights"]) == ("api_key", "One", ["api_keys.manage"])
    assert (await stranger.get("/api/v1/users", headers=basic(key))).status_code == 403
    assert (await stranger.get("/api/v1/sellers", headers=basic(key))).json()["items"][0]["name"] == "One"
    listed = (await stranger.get("/api/v1/api-keys", headers=basic(key))).json()["items"]
    assert [row["id"] for row in listed] == [str(key.id)]
    assert key.secret not in str(listed)
    assert (await stranger.delete(f"/api/v1/api-keys/{other.id}", headers=basic(key))).status_code == 404
    assert (await stranger.get("/api/v1/me", headers=basic(other))).status_code == 200


async def test_a_revoked_or_expired_key_is_refused_at_once(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.API_KEYS_MANAGE)
    short = await make_key(database, seller, Right.ORDERS_READ, expires_at=now() + timedelta(hours=1))
    assert (await stranger.get("/api/v1/me", headers=basic(short))).status_code == 200

    assert (await stranger.delete(f"/api/v1/api-keys/{key.id}", headers=basic(key))).status_code == 204
    async with database.transaction(Scope.of(seller.id)) as session:
        await session.execute(text("UPDATE api_key SET expires_at = now() WHERE id = :id"), {"id": short.id})

    for gone in (key, short):
        answer = await stranger.get("/api/v1/me", headers=basic(gone))
        assert answer.status_code == 401
        assert "Basic" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + "A" * 600, "Bearer x", "Bearer", "Digest a", "basic ZWtfMTo="]
)
async def test_a_broken_header_is_nobody(stranger: httpx.AsyncClient, header: str) -> None:
    assert read_authorization(header) is None
    assert (await stranger.get("/api/v1/me", headers={"authorization": header})).status_code == 401


async def test_a_key_with_a_wrong_secret_is_nobody(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.ORDERS_READ)
    wrong = NewSecret(key.id, key.public_id, key.secret[:-1] + "x")
    unknown = NewSecret(key.id, "ek_0000000000000000", key.secret)
    assert (await stranger.get("/api/v1/me", headers=basic(wrong))).status_code == 401
    assert (await stranger.get("/api/v1/me", headers=basic(unknown))).status_code == 401


async def test_secrets_do_not_show_in_reprs(database: Database, seller: SellerRef) -> None:
    key = await make_key(database, seller, Right.ORDERS_READ)
    assert key.secret not in repr(key)
    assert "hush" not in repr(KeyCredential("ek_1", "hush")) + repr(TokenCredential("hush"))


async def test_a_token_acts_as_its_user_within_its_rights(
    stranger: httpx.AsyncClient, database: Database, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller, "reader")
    token = await make_token(database, ann, seller, Right.ORDERS_READ, Right.USERS_MANAGE)

    me = (await stranger.get("/api/v1/me", headers=bearer(token))).json()

    assert (me["kind"], me["id"], me["rights"]) == ("user", str(ann.id), ["orders.read"]), "no more than the user has"
    assert (await stranger.get("/account", headers=bearer(token))).status_code in {302, 303, 401}, (
        "pages take no tokens"
    )


async def test_an_expired_or_revoked_token_and_a_disabled_user_are_refused(
    stranger: httpx.AsyncClient, database: Database, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller)
    tokens = [await make_token(database, ann, seller, Right.ORDERS_READ) for _ in range(3)]
    assert (await stranger.delete(f"/api/v1/tokens/{tokens[0].id}", headers=bearer(tokens[0]))).status_code == 204
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(text("UPDATE access_token SET expires_at = now() WHERE id = :id"), {"id": tokens[1].id})
    assert (await stranger.get("/api/v1/me", headers=bearer(tokens[2]))).status_code == 200
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(text("UPDATE user_account SET disabled_at = now() WHERE id = :id"), {"id": ann.id})

    assert [(await stranger.get("/api/v1/me", headers=bearer(token))).status_code for token in tokens] == [401] * 3


async def test_a_token_dies_with_the_membership_behind_it(
    stranger: httpx.AsyncClient, database: Database, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller)
    token = await make_token(database, ann, seller, Right.ORDERS_READ)
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(text("DELETE FROM membership WHERE user_id = :id"), {"id": ann.id})
    assert (await stranger.get("/api/v1/me", headers=bearer(token))).status_code == 401


async def test_a_broken_key_does_not_fall_back_on_the_cookie(
    make_client: MakeClient, make_person: MakePerson, seller: SellerRef
) -> None:
    browser = await make_client()
    ann = await make_person(seller)
    await browser.post("/sign-in", data={"email": ann.email, "password": ann.password})
    assert browser.cookies[SESSION_COOKIE]
    assert (await browser.get("/api/v1/me", headers={"authorization": "Basic nonsense"})).status_code == 401


async def test_nobody_gives_a_key_more_than_they_have(make_client: MakeClient, seller: SellerRef) -> None:
    client = await make_client(seller, frozenset({Right.API_KEYS_MANAGE, Right.ORDERS_READ}))
    ask = {"name": "Greedy", "rights": ["orders.read", "orders.write"]}
    answer = await client.post("/api/v1/api-keys", json=ask)
    assert (answer.status_code, answer.json()["right"]) == (403, "orders.write")
    for bad in (
        {"name": "", "rights": ["orders.read"]},
        {"name": "x", "rights": []},
        {"name": "x", "rights": ["no.such"]},
    ):
        assert (await client.post("/api/v1/api-keys", json=bad)).status_code == 422
    whole = await make_client(seller)
    assert (await whole.post("/api/v1/api-keys", json={"name": "x", "rights": ["sellers.manage"]})).status_code == 422


async def test_a_repeated_request_is_done_once_and_answered_alike(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.API_KEYS_MANAGE, Right.ORDERS_READ)
    headers = {**basic(key), "idempotency-key": str(new_id())}
    body = {"name": "Once", "rights": ["orders.read"]}

    first = await stranger.post("/api/v1/api-keys", json=body, headers=headers)
    again = await stranger.post("/api/v1/api-keys", json=body, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    changed = await stranger.post("/api/v1/api-keys", json={**body, "name": "Twice"}, headers=headers)
    assert (changed.status_code, changed.json()["type"].rpartition("/")[2]) == (422, "web.idempotency_key_reused")
    names = [row["name"] for row in (await stranger.get("/api/v1/api-keys", headers=basic(key))).json()["items"]]
    assert names.count("Once") == 1
    assert "Twice" not in names


async def test_a_failed_request_may_be_repeated_for_real(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.API_KEYS_MANAGE)
    headers = {**basic(key), "idempotency-key": "same"}
    refused = await stranger.post("/api/v1/api-keys", json={"name": "", "rights": []}, headers=headers)
    assert refused.status_code == 422
    good = await stranger.post("/api/v1/api-keys", json={"name": "A", "rights": ["api_keys.manage"]}, headers=headers)
    assert good.status_code == 201


async def test_requests_with_one_key_at_once_take_effect_once(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.API_KEYS_MANAGE)
    headers = {**basic(key), "idempotency-key": str(new_id())}
    body = {"name": "Race", "rights": ["api_keys.manage"]}
    answers = await asyncio.gather(*(stranger.post("/api/v1/api-keys", json=body, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    rows = (await stranger.get("/api/v1/api-keys", headers=basic(key))).json()["items"]
    assert [row["name"] for row in rows].count("Race") == 1


@pytest.mark.parametrize("bad", ["", " " * 256, "x" * 256, "é"])
async def test_a_bad_idempotency_key_is_said_to_be_one(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef, bad: str
) -> None:
    key = await make_key(database, seller, Right.API_KEYS_MANAGE)
    headers = {**basic(key), "idempotency-key": bad}.items()
    raw = [(name.encode(), value.encode()) for name, value in headers]
    answer = await stranger.post("/api/v1/api-keys", json={"name": "A", "rights": ["api_keys.manage"]}, headers=raw)
    assert answer.status_code == 422


async def test_the_api_says_how_much_is_left(
    stranger: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    key = await make_key(database, seller, Right.ORDERS_READ)
    one = await stranger.get("/api/v1/me", headers=basic(key))
    two = await stranger.get("/api/v1/me", headers=basic(key))
    assert one.headers["ratelimit-policy"] == '"principal";q=60000;w=60'
    assert '"principal";r=59998' in two.headers["ratelimit"] or '"principal";r=59999' in two.headers["ratelimit"]
    assert '"address"' in (await stranger.get("/api/v1")).headers["ratelimit"]


def test_limits_begin_afresh_each_minute() -> None:
    moment = 0.0
    limits = RateLimits(known=2, unknown=1, clock=lambda: moment)
    assert limits.count("a", 2) == 1
    assert limits.count("a", 2) == 0
    assert limits.count("a", 2) == -1
    moment = 60.0
    assert limits.count("a", 2) == 1


async def test_recognising_a_caller_is_one_query(database: Database, seller: SellerRef) -> None:
    key = await make_key(database, seller, Right.ORDERS_READ)
    with sent(database) as statements:
        async with database.transaction(Scope.all_sellers()) as session:
            found = await AuthenticationService(session).by_key(KeyCredential(key.public_id, key.secret))
    assert found is not None
    assert found.principal.seller == seller
    assert len(statements) == 1, "the scope comes with BEGIN"
