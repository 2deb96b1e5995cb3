"""bol.com's gate: log-in, tokens, media types, rate limits."""

import pytest

from entrepot.sandbox.options import PUBLISHED_LIMITS
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V10, V11, Seller

pytestmark = pytest.mark.anyio


async def test_a_token_is_given_for_client_credentials(seller: Seller) -> None:
    answer = await seller.log_in()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 299,
        "scope": "RETAILER",
    }


async def test_the_grant_type_may_come_in_the_body(seller: Seller) -> None:
    answer = await seller.http.post("/token", data={"grant_type": "client_credentials"}, auth=seller.credentials)
    assert answer.status_code == 200


async def test_another_grant_type_is_refused(seller: Seller) -> None:
    answer = await seller.http.post("/token?grant_type=password", auth=seller.credentials)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("credentials", [("sandbox-seller-1", "wrong"), ("nobody", "sandbox-secret-1")])
async def test_wrong_credentials_are_refused_in_bols_form(seller: Seller, credentials: tuple[str, str]) -> None:
    seller.credentials = credentials
    answer = await seller.log_in()
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Bad client credentials"}


@pytest.mark.parametrize("header", ["", "Basic ???", "Bearer abc", "Basic bm9jb2xvbg=="])
async def test_broken_credentials_are_refused(seller: Seller, header: str) -> None:
    answer = await seller.http.post("/token?grant_type=client_credentials", headers={"Authorization": header})
    assert answer.status_code == 401


async def test_a_token_expires(seller: Seller) -> None:
    await seller.log_in()
    seller.world.clock.advance(298)
    assert (await seller.call("GET", "/retailer/orders")).status_code == 200
    seller.world.clock.advance(1)
    answer = await seller.call("GET", "/retailer/orders")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == V10
    assert answer.json()["title"] == "Expired JWT"
    assert answer.json()["detail"].startswith("JWT expired at 2026-11-23T09:0")


async def test_all_tokens_can_be_made_void(seller: Seller) -> None:
    await seller.log_in()
    await seller.control("POST", "/tokens/expire", {"client_id": "sandbox-seller-1"})
    assert (await seller.call("GET", "/retailer/orders")).json()["title"] == "Expired JWT"
    await seller.log_in()
    assert (await seller.call("GET", "/retailer/orders")).status_code == 200


@pytest.mark.parametrize("token", ["sometoken", "a.b.c", "a.eyJ9.c", ""])
async def test_an_invented_token_is_refused(seller: Seller, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept": V10}
    answer = await seller.http.get("/retailer/orders", headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


async def test_a_token_outlives_a_restart(make_world: MakeWorld) -> None:
    before, after = Seller(make_world(speed=0)), Seller(make_world(speed=0))
    await before.log_in()
    after.token = before.token
    assert (await after.call("GET", "/retailer/orders")).status_code == 200


async def test_a_closed_account_may_log_in_and_nothing_else(seller: Seller) -> None:
    seller.credentials = ("sandbox-closed", "sandbox-secret-3")
    answer = await seller.call("GET", "/retailer/orders")
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("Account is not active, access denied.")


async def test_accounts_do_not_see_each_other(seller: Seller) -> None:
    other = Seller(seller.world, "sandbox-seller-2")
    order_id = (await other.all_orders())[0]["orderId"]
    assert (await other.call("GET", f"/retailer/orders/{order_id}")).status_code == 200
    assert (await seller.call("GET", f"/retailer/orders/{order_id}")).status_code == 404


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/vnd.retailer.v9+json", V11])
async def test_another_media_type_is_not_acceptable(seller: Seller, accept: str) -> None:
    answer = await seller.call("GET", "/retailer/orders", media=accept)
    assert answer.status_code == 406


async def test_offers_of_version_ten_are_gone(seller: Seller) -> None:
    assert (await seller.call("GET", "/retailer/offers", media=V10)).status_code == 406
    assert (await seller.call("GET", "/retailer/offers", media=V11)).status_code == 200


async def test_media_types_may_name_a_charset(seller: Seller) -> None:
    assert (await seller.call("GET", "/retailer/orders", media=f"{V10};charset=UTF-8")).status_code == 200


async def test_a_body_of_another_media_type_is_refused(seller: Seller) -> None:
    await seller.log_in()
    headers = {"Authorization": f"Bearer {seller.token}", "Accept": V10, "Content-Type": "application/json"}
    answer = await seller.http.post("/retailer/shipments", headers=headers, content=b"{}")
    assert answer.status_code == 415


async def test_answers_say_what_is_left_of_the_rate_limit(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, rate_limits=PUBLISHED_LIMITS))
    for left in range(6, -1, -1):
        answer = await seller.call("GET", "/retailer/orders")
        assert answer.status_code == 200
        assert answer.headers["X-RateLimit-Limit"] == "7"
        assert answer.headers["X-RateLimit-Remaining"] == str(left)
    refused = await seller.call("GET", "/retailer/orders")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == refused.headers["X-RateLimit-Reset"] == "180"
    assert refused.json()["detail"] == "Too many requests, retry in 180 seconds."
    seller.world.clock.advance(180)
    assert (await seller.call("GET", "/retailer/orders")).status_code == 200


async def test_rate_limits_are_per_client_and_endpoint(make_world: MakeWorld) -> None:
    world = make_world(rate_limits=PUBLISHED_LIMITS)
    first, second = Seller(world), Seller(world, "sandbox-seller-2")
    for _ in range(8):
        await first.call("GET", "/retailer/orders")
    assert (await first.call("GET", "/retailer/shipments")).status_code == 200
    assert (await second.call("GET", "/retailer/orders")).status_code == 200
