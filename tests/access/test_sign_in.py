"""The door: who gets in, who does not, and what nobody learns at it."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from entrepot.access.credentials import digest
from entrepot.access.errors import TooManyAttemptsError
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.pages.door import local_path
from entrepot.access.principal import SellerRef
from entrepot.access.service import SignInService
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.access.conftest import MakePerson, Person, sign_in
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio
type Browser = Callable[[Person], Awaitable[httpx.AsyncClient]]


async def test_the_right_password_opens_a_session(
    stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef, database: Database
) -> None:
    ann = await make_person(seller)

    answer = await sign_in(stranger, ann, next="/account")

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    page = await stranger.get("/account")
    assert page.status_code == 200
    assert ann.email in page.text
    token = stranger.cookies[SESSION_COOKIE]
    async with database.transaction(Scope.all_sellers()) as session:
        stored = (
            await session.execute(text("SELECT token_hash FROM user_session WHERE user_id = :id"), {"id": ann.id})
        ).all()
    assert [bytes(row[0]) for row in stored] == [digest(token)]
    assert token not in repr(stored)


async def test_unknown_user_and_wrong_password_look_alike(
    stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller)
    wrong = await sign_in(stranger, Person(ann.id, ann.email, "not her password"))
    unknown = await sign_in(stranger, Person(ann.id, f"{new_id().hex}@example.org", "not her password"))

    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text
    assert wrong.text.replace(ann.email, "") == unknown.text.replace(str(unknown.request.content), "").replace(
        unknown.request.content.decode().split("email=")[1].split("&")[0].replace("%40", "@"), ""
    )
    assert SESSION_COOKIE not in stranger.cookies


async def test_a_disabled_user_stays_out_and_is_thrown_out(
    make_browser: Browser, stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef
) -> None:
    ann, owner = await make_person(seller), await make_person(None, "owner")
    browser, office = await make_browser(ann), await make_browser(owner)

    assert (await office.post(f"/users/{ann.id}/disable")).status_code == 303

    assert (await browser.get("/account")).headers["location"].startswith("/sign-in")
    assert (await sign_in(stranger, ann)).status_code == 422


async def test_sign_in_ends_the_session_before_it(
    stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef
) -> None:
    """Session fixation: a token that someone else put into the browser opens nothing afterwards."""
    ann = await make_person(seller)
    stranger.cookies.set(SESSION_COOKIE, "planted-by-someone-else")
    await sign_in(stranger, ann)
    values = [cookie.value for cookie in stranger.cookies.jar if cookie.name == SESSION_COOKIE]
    first = next(value for value in values if value and value != "planted-by-someone-else")
    assert first

    stranger.cookies.delete(SESSION_COOKIE)
    stranger.cookies.set(SESSION_COOKIE, first)
    again = await sign_in(stranger, ann)

    second = again.cookies[SESSION_COOKIE]
    assert second != first
    stranger.cookies.clear()
    stranger.cookies.set(SESSION_COOKIE, first)
    assert (await stranger.get("/account")).status_code in {302, 303}


async def test_sign_out_ends_the_session(make_browser: Browser, make_person: MakePerson, seller: SellerRef) -> None:
    browser = await make_browser(await make_person(seller))
    token = browser.cookies[SESSION_COOKIE]

    assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"

    browser.cookies.set(SESSION_COOKIE, token)
    assert (await browser.get("/account")).headers["location"].startswith("/sign-in")


async def test_too_many_attempts_are_refused_whether_or_not_the_user_exists(
    make_client: MakeClient, make_person: MakePerson, seller: SellerRef
) -> None:
    ann = await make_person(seller)
    for email in (ann.email, f"{new_id().hex}@example.org"):
        stranger = await make_client()
        answers = [await sign_in(stranger, Person(ann.id, email, "wrong wrong wrong")) for _ in range(6)]
        assert [answer.status_code for answer in answers[:5]] == [422] * 5
        last = await sign_in(stranger, Person(ann.id, email, ann.password))
        assert last.status_code == 429, "even the right password must wait"
        assert int(last.headers["retry-after"]) >= 1
        assert "Signing in failed too often" in last.text


async def test_a_crowd_of_attempts_counts_one_by_one(database: Database) -> None:
    email = f"{new_id().hex}@example.org"

    async def attempt() -> bool:
        try:
            async with database.transaction(Scope.all_sellers()) as session:
                await SignInService(session).attempt(email, "198.51.100.7")
        except TooManyAttemptsError:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt() for _ in range(24)))) <= 6


async def test_forms_need_the_csrf_token(make_browser: Browser, make_person: MakePerson, seller: SellerRef) -> None:
    browser = await make_browser(await make_person(seller))
    token = browser.headers.pop("x-csrftoken")

    assert (await browser.post("/sign-out")).status_code == 403
    assert (await browser.post("/sign-out", data={"_csrf_token": "x" * len(token)})).status_code == 403
    assert (await browser.get("/account")).status_code == 200
    assert (await browser.post("/sign-out", data={"_csrf_token": token})).status_code == 303


async def test_the_cookie_changes_nothing_over_the_api_without_the_csrf_header(
    make_browser: Browser, make_person: MakePerson, seller: SellerRef
) -> None:
    browser = await make_browser(await make_person(seller))
    token = browser.headers.pop("x-csrftoken")
    body = {"name": "Sneaky", "rights": ["orders.read"]}

    assert (await browser.get("/api/v1/me")).status_code == 200
    assert (await browser.post("/api/v1/api-keys", json=body)).status_code == 403
    forged = {"x-csrftoken": "0" * len(token)}
    assert (await browser.post("/api/v1/api-keys", json=body, headers=forged)).status_code == 403
    both = {**forged, "cookie": f"csrftoken={'0' * len(token)}; {SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"}
    assert (await browser.post("/api/v1/api-keys", json=body, headers=both)).status_code == 403
    good = await browser.post("/api/v1/api-keys", json=body, headers={"x-csrftoken": token})
    assert good.status_code == 201, good.text


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/%0d%0aSet-Cookie:x=1\r\n", "evil",
     "/\t/evil.example", "\\\\evil.example", "///evil.example", "/a\r\nSet-Cookie: x=1", "http:evil.example"],
)  # fmt: skip
async def test_next_never_leaves_the_hub(
    stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef, target: str
) -> None:
    answer = await sign_in(stranger, await make_person(seller), next=target)
    assert answer.headers["location"] == "/"
    assert "x" not in answer.cookies


@given(st.text(max_size=40))
def test_a_local_path_is_always_local(target: str) -> None:
    path = local_path(target)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not {"\r", "\n", "\\"} & set(path)
    assert httpx.URL("http://hub.test").join(path).host == "hub.test"


async def test_a_seller_is_chosen_only_among_ones_own(
    make_browser: Browser, make_person: MakePerson, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    one, two = await make_seller("One"), await make_seller("Two")
    browser = await make_browser(await make_person(one))
    before = browser.cookies[SESSION_COOKIE]

    assert (await browser.post("/session/seller", data={"seller_id": str(two.id)})).status_code == 404
    assert (await browser.post("/session/seller", data={"seller_id": "x' OR 1=1"})).status_code == 404
    assert (await browser.post("/session/seller", data={"seller_id": str(one.id)})).status_code == 303
    assert browser.cookies[SESSION_COOKIE] != before, "what the session may do changed, so its token does"
    assert (await browser.get("/api/v1/me")).json()["seller"]["id"] == str(one.id)


async def test_header_values_cannot_be_injected(
    stranger: httpx.AsyncClient, make_person: MakePerson, seller: SellerRef
) -> None:
    stranger.headers["user-agent"] = "Mozilla <script>alert(1)</script>"
    await sign_in(stranger, await make_person(seller))
    page = (await stranger.get("/account")).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
