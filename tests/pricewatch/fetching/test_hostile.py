"""Promise: whatever a page, its address, its redirects or its name server say, nothing private is ever reached.

Each case runs by HTTP and by browser.
"""

import asyncio
import gzip
import shutil
import socket
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from typing import Any

import pytest

from entrepot.pricewatch.fetching import errors
from entrepot.pricewatch.fetching.browser import NAMES
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.fetching.service import Fetcher
from tests.pricewatch.fetching.conftest import PAGE, Serve, Shop, answer, fetch_settings, moved, plan_for

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("fetching")]

HTTP = pytest.param(FetchMode.HTTP, id="http")
BROWSER = pytest.param(
    FetchMode.BROWSER,
    id="browser",
    marks=[
        pytest.mark.browser,
        pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="Chromium is not installed"),
    ],
)
BOTH = pytest.mark.parametrize("mode", [HTTP, BROWSER])
REFUSED = (errors.AddressRefusedError, errors.NotAWebAddressError)

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "2130706433",  # as one number
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "localhost",
    "0.0.0.0",  # noqa: S104 -- this host
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # metadata
    "2852039166",
    "0xa9fea9fe",
    "100.64.0.1",  # carrier-grade NAT
    "100.100.100.200",  # metadata within it
    "198.18.0.1",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00:ec2::254]",  # metadata
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "①②⑦.0.0.1",
    "127。0。0。1",
]
FOREIGN = [
    "file:///etc/passwd",
    "ftp://127.9.0.1/x",
    "gopher://127.9.0.1/_x",
    "data:text/html,hello",
    "javascript:alert(1)",
    "about:blank",
    "chrome://version",
    "view-source:http://127.9.0.1/",
    "unix:/var/run/docker.sock",
    "dict://127.9.0.1/",
    "//127.0.0.1/",
    "http://",
    "http:///etc/passwd",
    "http://[::1",
    "",
]


@pytest.fixture
async def private(serve: Serve) -> Shop:
    """A server that nobody may reach."""
    return await serve({"": answer(b"secret")}, host="127.0.0.1")


def port_of(shop: Shop) -> str:
    return shop.address.rpartition(":")[2]


@BOTH
async def test_no_private_address_is_reached_however_it_is_written(
    mode: FetchMode, browsing: Fetcher, private: Shop
) -> None:
    plans = [plan_for(f"http://{host}:{port_of(private)}/latest/meta-data", mode) for host in PRIVATE]
    told = await asyncio.gather(*map(browsing.fetch, plans), return_exceptions=True)
    assert [host for host, one in zip(PRIVATE, told, strict=True) if not isinstance(one, REFUSED)] == []
    assert private.connections == 0


@BOTH
async def test_nothing_but_the_web_is_spoken(mode: FetchMode, browsing: Fetcher) -> None:
    for address in FOREIGN:
        with pytest.raises(errors.NotAWebAddressError):
            await browsing.fetch(plan_for(address, mode))


@BOTH
async def test_redirects_to_private_addresses_end_there(
    mode: FetchMode, browsing: Fetcher, private: Shop, serve: Serve
) -> None:
    port = port_of(private)
    targets = (
        f"http://127.0.0.1:{port}/",
        f"http://[::ffff:7f00:1]:{port}/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "data:text/html,hello",
    )
    if mode is FetchMode.HTTP:  # a browser takes its time; it is asked for these on the page below, too
        targets = (
            *targets,
            f"//127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            f"http://2130706433:{port}/",
            "ftp://127.0.0.1/",
            "gopher://127.0.0.1/",
        )
    shops = [await serve({"/": moved("/next"), "/next": moved(target)}) for target in targets]
    plans = [plan_for(shop.address, mode) for shop in shops]
    told = await asyncio.gather(*map(browsing.fetch, plans), return_exceptions=True)
    refused = (*REFUSED, errors.NotAPageError)
    assert [(target, one) for target, one in zip(targets, told, strict=True) if not isinstance(one, refused)] == []
    assert all(len(shop.asked) == 2 for shop in shops)
    assert private.connections == 0


@asynccontextmanager
async def names(monkeypatch: pytest.MonkeyPatch, told: dict[str, list[str]]) -> AsyncGenerator[None]:
    """Let a name server say other addresses of a name each time; the last for ever."""
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def resolve(host: str, port: int, **rest: Any) -> list[Any]:  # noqa: ANN401 -- as the loop has it
        if host not in told:
            return await real(host, port, **rest)
        addresses = told[host]
        found = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    with monkeypatch.context() as patch:
        patch.setattr(loop, "getaddrinfo", resolve)
        yield


@BOTH
async def test_a_name_that_changes_its_address_gains_nothing(
    mode: FetchMode, browsing: Fetcher, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await serve({"": answer()})
    private = await serve({"": answer(b"secret")}, host="127.0.0.1")
    again = f"http://rebinding.example:{port_of(private)}/"
    shop.answers["/turn"] = (moved(again),)
    looked_up = 1 if mode is FetchMode.HTTP else 3  # a browser's page is looked up before, too, and changes after that
    async with names(monkeypatch, {"rebinding.example": [*[shop.host] * looked_up, "127.0.0.1"]}):
        page = await browsing.fetch(plan_for(f"http://rebinding.example:{port_of(shop)}/", mode))
        assert b"12,50" in page.body
        with pytest.raises(REFUSED):
            await browsing.fetch(plan_for(again, mode))
        with pytest.raises(REFUSED):
            await browsing.fetch(plan_for(f"{shop.address}/turn", mode))
    assert private.connections == 0


ZEROS = bytes(40_000_000)
BOMBS = {
    "gzip": gzip.compress(ZEROS),
    "deflate": zlib.compress(ZEROS),
}


@BOTH
async def test_decompression_bombs_and_endless_bodies_are_cut_off(
    mode: FetchMode, browsing: Fetcher, serve: Serve
) -> None:
    for encoding, body in BOMBS.items() if mode is FetchMode.HTTP else [("gzip", BOMBS["gzip"])]:
        shop = await serve({"": answer(body, f"Content-Encoding: {encoding}")})
        with pytest.raises(errors.TooLargeError):
            await browsing.fetch(plan_for(shop.address, mode))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    endless = await serve({"": (head, b"<!--", *[b"x" * 100_000] * 100, b"")})
    with pytest.raises(errors.TooLargeError):
        await browsing.fetch(plan_for(endless.address, mode))
    slow = await serve({"": (head, b"<p>", b"")})
    with pytest.raises(errors.NoAnswerError):
        await browsing.fetch(plan_for(slow.address, mode, timeout=1))


async def test_compressions_in_each_other_and_those_that_were_not_asked_for_are_refused(
    browsing: Fetcher, serve: Serve
) -> None:
    for encoding, body in {
        "gzip, gzip": gzip.compress(BOMBS["gzip"]),
        "br": b"\x8b\x02\x80hello\x03",
        "zstd": b"(\xb5/\xfd",
        "compress": b"x",
    }.items():
        shop = await serve({"": answer(body, f"Content-Encoding: {encoding}")})
        with pytest.raises(errors.UnreachableError, match="compression"):
            await browsing.fetch(plan_for(shop.address))


async def test_the_setting_names_the_exceptions(serve: Serve) -> None:
    shop, other = await serve({"": answer()}), await serve({"": answer()})
    async with Fetcher.of(None, fetch_settings(outside_allow=[IPv4Network(f"{shop.host}/32")])) as fetcher:
        assert (await fetcher.fetch(plan_for(shop.address))).body == PAGE
        with pytest.raises(errors.AddressRefusedError, match="ENTREPOT_OUTSIDE_ALLOW"):
            await fetcher.fetch(plan_for(other.address))


EVIL = """<!doctype html><title>Mug</title><p class=price>12,50</p>
<img src="http://127.0.0.1:{port}/img"><iframe src="http://localhost:{port}/frame"></iframe>
<link rel=stylesheet href="http://127.0.0.1:{port}/css"><link rel=prefetch href="http://127.0.0.1:{port}/prefetch">
<link rel=preconnect href="http://127.0.0.1:{port}"><script src="http://127.0.0.1:{port}/script"></script>
<object data="http://127.0.0.1:{port}/object"></object><video src="http://127.0.0.1:{port}/video" autoplay></video>
<script>
const at = "127.0.0.1:{port}", quiet = work => {{ try {{ const p = work(); p && p.catch && p.catch(() => 0) }} catch (e) {{}} }};
quiet(() => fetch("http://" + at + "/fetch", {{mode: "no-cors"}}));
quiet(() => fetch("http://2130706433:{port}/fetch", {{mode: "no-cors"}}));
quiet(() => fetch("http://[::ffff:127.0.0.1]:{port}/fetch", {{mode: "no-cors"}}));
quiet(() => fetch("http://" + location.host + "/turn", {{mode: "no-cors"}}));
quiet(() => fetch("file:///etc/passwd"));
quiet(() => new WebSocket("ws://" + at + "/socket"));
quiet(() => new EventSource("http://" + at + "/events"));
quiet(() => navigator.sendBeacon("http://" + at + "/beacon", "x"));
quiet(() => new Worker(URL.createObjectURL(new Blob(["fetch('http://" + at + "/worker', {{mode: 'no-cors'}})"]))));
quiet(() => new SharedWorker("data:text/javascript,fetch('http://" + at + "/shared', {{mode: 'no-cors'}})"));
quiet(() => window.open("http://" + at + "/popup"));
quiet(() => new WebTransport("https://127.0.0.1:{udp}/transport"));
quiet(() => {{
  const peer = new RTCPeerConnection({{iceServers: [
    {{urls: "stun:127.0.0.1:{udp}"}}, {{urls: "turn:127.0.0.1:{port}?transport=tcp", username: "a", credential: "b"}}]}});
  peer.createDataChannel("x");
  peer.createOffer().then(offer => peer.setLocalDescription(offer));
}});
document.title = "ran";
</script>"""


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came = 0

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 -- asyncio's signature
        self.came += 1


@pytest.mark.parametrize("mode", [BROWSER])
async def test_nothing_on_a_page_reaches_private_addresses(
    mode: FetchMode, browsing: Fetcher, private: Shop, serve: Serve
) -> None:
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
    udp = transport.get_extra_info("sockname")[1]
    body = EVIL.format(port=port_of(private), udp=udp).encode()
    shop = await serve({"/": answer(body), "/turn": moved(private.address)})

    page = await browsing.fetch(plan_for(shop.address, mode))
    transport.close()

    assert b"<title>ran</title>" in page.body
    assert b"12,50" in page.body
    assert shop.request("/turn")
    assert (private.connections, datagrams.came) == (0, 0)
    for leave in (
        f"<script>location = '{private.address}/'</script>",
        f"<meta http-equiv=refresh content='0;url={private.address}/'>",
        "<script>location = 'file:///etc/passwd'</script>",
        f"<form method=post action='{private.address}/'></form><script>document.forms[0].submit()</script>",
    ):
        shop.answers["/"] = (answer(leave.encode()),)
        try:
            page = await browsing.fetch(plan_for(shop.address, mode))
        except (errors.FetchRefusedError, errors.FetchAwayError):
            continue
        assert b"secret" not in page.body
        assert b"root:" not in page.body
    assert private.connections == 0


@pytest.mark.parametrize("mode", [BROWSER])
async def test_a_browser_shows_what_scripts_make_and_keeps_the_stores_secrets(
    mode: FetchMode, browsing: Fetcher, serve: Serve
) -> None:
    other = await serve({"": answer(b"0", "Access-Control-Allow-Origin: *")})
    script = (
        "<title>Mug</title><p id=p></p><script>"
        f"fetch('{other.address}/x').then(() => {{ document.getElementById('p').textContent = '12,' + '50' }})</script>"
    )
    shop = await serve({"/mug": answer(script.encode()), "/": moved("/mug"), "/away": moved(f"{other.address}/end")})

    plan = plan_for(
        f"{shop.address}/", mode, headers={"X-Key": "canary"}, cookies={"session": "canary"}, locale="de_DE"
    )
    page = await browsing.fetch(plan)
    assert b'<p id="p">12,50</p>' in page.body
    assert (page.url, page.status, page.mode) == (f"{shop.address}/mug", 200, FetchMode.BROWSER)
    asked = shop.request("/mug")
    assert "x-key: canary" in asked
    assert "cookie: session=canary" in asked
    assert "accept-language: de-de" in asked
    assert "entrepot" in asked
    await browsing.fetch(plan_for(f"{shop.address}/away", mode, headers={"X-Key": "canary"}))
    assert other.asked
    assert not any(b"canary" in head for head in other.asked)

    shop.answers[""] = (answer(b"", status="403 Forbidden"),)
    with pytest.raises(errors.BlockedError):
        await browsing.fetch(plan_for(f"{shop.address}/blocked", mode))
    shop.answers[""] = (answer(b"%PDF-1.4", kind="application/pdf"),)
    with pytest.raises(errors.NotAPageError):
        await browsing.fetch(plan_for(f"{shop.address}/file", mode))


async def test_without_a_browser_it_says_what_to_install() -> None:
    async with Fetcher.of(None, fetch_settings(browser_path="/nowhere/chromium")) as fetcher:
        with pytest.raises(errors.BrowserMissingError, match="Install Chromium"):
            await fetcher.fetch(plan_for("http://127.9.0.1/", FetchMode.BROWSER))
