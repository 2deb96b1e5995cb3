"""HTTP mode: what is sent, what comes back, and what each refusal means."""

import gzip
from collections.abc import Callable

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.call_log import recorded_call
from entrepot.kit.database import Database
from entrepot.kit.redaction import MASK
from entrepot.kit.scope import Scope
from entrepot.pricewatch.fetching import errors
from entrepot.pricewatch.fetching.answers import refusal, retry_after
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.fetching.service import Fetcher
from tests.pricewatch.fetching.conftest import PAGE, Serve, answer, fetch_settings, moved, plan_for

pytestmark = pytest.mark.anyio


async def test_brings_a_page_with_its_charset_and_asks_again_only_for_changes(serve: Serve, fetcher: Fetcher) -> None:
    packed = gzip.compress(PAGE)
    shop = await serve(
        {"/mug": answer(packed, 'ETag: "v1"', "Content-Encoding: gzip", kind="text/html; charset=iso-8859-1")}
    )
    first = await fetcher.fetch(plan_for(f"{shop.address}/mug#reviews", locale="nl_NL"))

    assert (first.body, first.content_type, first.etag) == (PAGE, "text/html; charset=iso-8859-1", '"v1"')
    assert (first.packed, first.url, first.status) == (packed, f"{shop.address}/mug", 200)
    asked = shop.request("/mug")
    assert "accept-language: nl-nl,nl;q=0.9,en;q=0.5" in asked
    assert "entrepot" in asked

    shop.answers["/mug"] = (answer(b"", status="304 Not Modified", kind=""),)
    again = await fetcher.fetch(plan_for(f"{shop.address}/mug", etag=first.etag))
    assert (again.not_modified, again.body, again.etag) == (True, b"", '"v1"')
    assert 'if-none-match: "v1"' in shop.request("/mug")


async def test_follows_redirects_and_tells_other_hosts_no_secrets(serve: Serve, fetcher: Fetcher) -> None:
    other = await serve({"/end": answer()})
    shop = await serve(
        {"/start": moved("/next", "Set-Cookie: visit=7; Path=/"), "/next": moved(f"{other.address}/end")}
    )

    plan = plan_for(f"{shop.address}/start", headers={"X-Key": "canary"}, cookies={"session": "canary"})
    page = await fetcher.fetch(plan)

    assert (page.url, page.body) == (f"{other.address}/end", PAGE)
    assert "cookie: session=canary\r\n" in shop.request("/start")
    assert "x-key: canary" in shop.request("/next")
    assert "cookie: session=canary; visit=7\r\n" in shop.request("/next")
    assert "canary" not in other.request("/end")
    assert "visit" not in other.request("/end")


async def test_what_no_request_can_say_is_not_said(serve: Serve, fetcher: Fetcher) -> None:
    shop = await serve({"/a": moved("/b", "Set-Cookie: naam=café", "Set-Cookie: ok=1"), "/x": moved("https://xn--a/")})
    shop.answers["/b"] = (answer(PAGE, 'ETag: "é"'),)
    page = await fetcher.fetch(plan_for(f"{shop.address}/a"))
    assert page.body == PAGE
    assert "cookie: ok=1\r\n" in shop.request("/b")
    await fetcher.fetch(plan_for(f"{shop.address}/b", etag='"é"'))
    for address in (f"{shop.address}/x", "https://xn--a/"):
        with pytest.raises(errors.NotAWebAddressError):
            await fetcher.fetch(plan_for(address))


async def test_goes_round_in_circles_five_times(serve: Serve, fetcher: Fetcher) -> None:
    shop = await serve({"": moved("/again")})

    with pytest.raises(errors.TooManyRedirectsError) as told:
        await fetcher.fetch(plan_for(shop.address))
    assert (len(shop.asked), told.value.status, told.value.call_id is not None) == (6, 302, True)


REFUSALS: list[tuple[str, dict[str, str], type[errors.FetchTrouble]]] = [
    ("403 Forbidden", {}, errors.BlockedError),
    ("401 Unauthorized", {}, errors.BlockedError),
    ("451 Unavailable", {}, errors.BlockedError),
    ("503 Challenge", {"cf-mitigated": "challenge"}, errors.BlockedError),
    ("404 Not Found", {}, errors.GoneError),
    ("410 Gone", {}, errors.GoneError),
    ("500 Oops", {}, errors.StoreAwayError),
    ("502 Bad Gateway", {}, errors.StoreAwayError),
    ("200 OK", {"content-type": "image/png"}, errors.NotAPageError),
    ("200 OK", {"content-type": "application/pdf"}, errors.NotAPageError),
]


@pytest.mark.parametrize(("status", "headers", "error"), REFUSALS)
def test_names_what_a_store_answers(status: str, headers: dict[str, str], error: type[errors.FetchTrouble]) -> None:
    told = refusal("shop.example", int(status[:3]), httpx.Headers(headers))

    assert type(told) is error
    assert "shop.example" in str(told)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("soon", None), ("", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("9" * 40, 999999999)],
)
def test_reads_how_long_to_wait(text: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


async def test_a_host_that_wants_a_pause_is_left_alone(serve: Serve, fetcher: Fetcher) -> None:
    shop = await serve({"": answer(b"", "Retry-After: 90", status="429 Too Many Requests")})

    for _ in range(2):
        with pytest.raises(errors.LimitedError) as told:
            await fetcher.fetch(plan_for(shop.address, patience=5))
        assert 85 <= (told.value.retry_after or 0) <= 90
    assert len(shop.asked) == 1


async def test_says_what_is_wrong_with_the_connection(serve: Serve, fetcher: Fetcher) -> None:
    silent = await serve({"": (b"",)})
    with pytest.raises(errors.NoAnswerError) as told:
        await fetcher.fetch(plan_for(silent.address, timeout=1))
    assert told.value.took_ms >= 900
    broken = await serve({"": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"})
    with pytest.raises(errors.UnreachableError):
        await fetcher.fetch(plan_for(broken.address))
    with pytest.raises(errors.NoAnswerError):  # a handshake that is never answered
        await fetcher.fetch(plan_for(silent.address.replace("http:", "https:"), timeout=1))
    plain = await serve({"\0": b"HTTP/1.1 400 Bad Request\r\n\r\n"})
    with pytest.raises(errors.InsecureError):
        await fetcher.fetch(plan_for(plain.address.replace("http:", "https:")))
    with pytest.raises(errors.UnreachableError):
        await fetcher.fetch(plan_for("http://127.9.0.1:9/"))


async def test_a_fetch_is_recorded_without_the_stores_secrets(
    serve: Serve, database: Database, seller: SellerRef
) -> None:
    shop = await serve({"/mug": answer(PAGE, "Set-Cookie: canary=canary-set")})
    plan = plan_for(
        f"{shop.address}/mug",
        seller_id=seller.id,
        headers={"X-A": "c4n", "Authorization": "Bearer canary-1"},
        cookies={"a": "canary-2"},
    )
    async with Fetcher.of(database, fetch_settings()) as fetcher:
        assert (await fetcher.fetch(plan)).call_id == plan.call_id
        with pytest.raises(errors.GoneError):
            await fetcher.fetch(plan_for(f"{shop.address}/gone", seller_id=seller.id))

    async with database.transaction(Scope.of(seller.id)) as session:
        call = await recorded_call(session, plan.call_id)
    assert call is not None
    assert (call.status, call.url, call.why, call.response_body) == (200, plan.url, "price watch", "")
    assert call.request_headers["x-a"] == MASK
    assert "canary" not in repr(call)
    assert "c4n" not in repr(call)


SCRAPER = b'{"title": "Mug", "url": "https://shop.example/mug", "content": "<p>part</p>", "fullContent": %s}'


@pytest.mark.parametrize(
    ("full", "expected"), [(b'"<p>whole</p>"', b"<p>whole</p>"), (b"null", b"<title>Mug</title><body><p>part</p>")]
)
async def test_a_scraper_service_brings_pages(serve: Serve, full: bytes, expected: bytes) -> None:
    service = await serve({"": answer(SCRAPER % full, kind="application/json")})
    address = service.address.replace("http://", "http://me:canary@") + "/?sleep=2000"
    shop = await serve({})
    async with Fetcher.of(None, fetch_settings(scraper_url=address)) as fetcher:
        page = await fetcher.fetch(plan_for(f"{shop.address}/mug?a=1&b=2", mode=FetchMode.SERVICE))

    assert expected in page.body
    assert (page.url, page.status) == ("https://shop.example/mug", 200)
    [asked] = [httpx.URL(head.split(b" ")[1].decode()) for head in service.asked]
    assert asked.path == "/api/article"
    assert dict(asked.params) == {
        "url": f"{shop.address}/mug?a=1&b=2",
        "full-content": "true",
        "cache": "false",
        "timeout": "58000",
        "sleep": "2000",
    }
    assert shop.connections == 0


async def test_a_scraper_service_fails_in_words(serve: Serve, fetcher: Fetcher) -> None:
    with pytest.raises(errors.ServiceMissingError):
        await fetcher.fetch(plan_for("https://shop.example", mode=FetchMode.SERVICE))
    told = b'{"detail": [{"type": "x", "loc": [], "msg": "page crashed", "input": ""}]}'
    service = await serve({"": answer(told, status="400 Bad Request", kind="application/json")})
    with pytest.raises(errors.ServiceFailedError, match="page crashed"):
        await fetcher.fetch(plan_for(service.address, mode=FetchMode.SERVICE, service_url=service.address))
    service.answers[""] = (answer(b"<html>", kind="text/html"),)
    with pytest.raises(errors.ServiceFailedError):
        await fetcher.fetch(plan_for(service.address, mode=FetchMode.SERVICE, service_url=service.address))
    for private in ("http://169.254.169.254/latest/meta-data", "http://localhost/", "http://[::1]/"):
        with pytest.raises(errors.AddressRefusedError):
            await fetcher.fetch(plan_for(private, mode=FetchMode.SERVICE, service_url=service.address))


def test_every_error_is_told_to_people() -> None:
    def all_of(kind: type) -> list[type]:
        return [found for sub in kind.__subclasses__() for found in (sub, *all_of(sub))]

    named: list[Callable[..., object]] = [one for one in all_of(errors.FetchTrouble) if "code" in vars(one)]
    assert len(named) >= 15
