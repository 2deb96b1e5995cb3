"""No secret is written down, by whatever name and in whatever place it travels."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.redaction import LONGEST_BODY, MASK, Redactor, is_secret_name

SECRET = "canary-6f1e/+= x"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "apikey",
        "api_key",
        "access_token",
        "refreshToken",
        "client_secret",
        "password",
        "passwd",
        "X-Amz-Signature",
        "key",
        "sign",
        "X-CSRF-Token",
    ],
)
def test_knows_the_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["token_type", "keyboard", "orderId", "monkey", "design", "Content-Type", "postcode"])
def test_leaves_other_names_alone(name: str) -> None:
    assert not is_secret_name(name)


def test_masks_headers_queries_and_user_info() -> None:
    redactor = Redactor()

    assert redactor.headers({"authorization": "Basic abc", "accept": "a/b"}) == {"authorization": MASK, "accept": "a/b"}
    url = redactor.url("https://me:pw123@shop.example:8443/x?api_key=hunter2&page=2&token=abc#frag")
    assert url == f"https://{MASK}@shop.example:8443/x?api_key={MASK}&page=2&token={MASK}"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (msgspec.json.encode({"a": [{"access_token": SECRET}], "client_secret": {"deep": SECRET}}), "application/json"),
        (b'{"access_token": "canary-6f1e', "application/json"),  # cut off
        (b"grant_type=x&client_secret=canary-6f1e", "application/x-www-form-urlencoded"),
        (b"error: token=canary-6f1e rejected", "text/plain"),
        (b'<a password="canary-6f1e"/>', "application/xml"),
    ],
)
def test_masks_bodies_by_name(body: bytes, content_type: str) -> None:
    assert "canary" not in Redactor().body(body, content_type)


@given(st.text(min_size=6, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_never_shows_a_known_secret(secret: str, before: str, after: str) -> None:
    shown = Redactor([secret]).text(f"{before}{secret}{after}")

    assert secret not in shown or secret in MASK + after or secret in before + MASK


def test_finds_a_known_secret_in_json_and_urls() -> None:
    redactor = Redactor([SECRET])

    assert "canary" not in redactor.body(msgspec.json.encode({"note": f"it is {SECRET}!"}), "application/json")
    assert "canary" not in redactor.url(
        f"https://x.example/{SECRET.replace('/', '%2F').replace(' ', '%20')}".replace("+=", "%2B%3D")
    )


def test_cuts_what_is_long_and_counts_what_is_not_text() -> None:
    assert len(Redactor().body(b"x" * 100_000, "text/plain")) < LONGEST_BODY + 100
    assert Redactor().body(b"\x00" * 5, "application/pdf") == "<5 bytes of application/pdf>"
