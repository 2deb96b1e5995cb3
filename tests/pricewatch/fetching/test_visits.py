"""A page in the browser: whatever its scripts wait for comes, and whatever they do, the next visit is not held up."""

import asyncio
import shutil

import pytest

from entrepot.pricewatch.fetching import errors, visit
from entrepot.pricewatch.fetching.browser import NAMES
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.fetching.devtools import DevTools, DevToolsError
from entrepot.pricewatch.fetching.service import Fetcher
from tests.pricewatch.fetching.conftest import PAGE, Serve, answer, fetch_settings, moved, plan_for

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("fetching"),
    pytest.mark.browser,
    pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="Chromium is not installed"),
]

SHOW = "const show = () => { document.getElementById('p').textContent = '12,' + '50' };"
LAZY = {
    "a frame": "requestAnimationFrame(() => requestAnimationFrame(show))",
    "being in sight": "new IntersectionObserver((seen, all) => { if (seen[0].isIntersecting) { all.disconnect(); show() } })"
    ".observe(document.getElementById('p'))",
    "its size": "new ResizeObserver((seen, all) => { all.disconnect(); show() }).observe(document.getElementById('p'))",
    "its height": "setTimeout(() => { if (document.getElementById('p').offsetHeight > 0) show() }, 50)",
    "its words": "setTimeout(() => { if (document.getElementById('p').innerText) show() }, 50)",
    "its place": "setTimeout(() => { const p = document.getElementById('p'), {x, y} = p.getBoundingClientRect();"
    "if (document.elementFromPoint(x + 1, y + 1) === p && p.checkVisibility()) show() }, 50)",
    "the focus": "setTimeout(() => { const i = document.body.appendChild(document.createElement('input')); i.focus();"
    "if (document.activeElement === i) show() }, 50)",
    "an animation": "document.getElementById('p').addEventListener('animationend', show)",
    "a quiet moment": "requestIdleCallback(show)",
    "its load": "addEventListener('load', () => setTimeout(show, 100))",
    "a message": "alert('Welcome'); confirm('Cookies?') || show()",
    "going elsewhere": "if (location.search) show(); else setTimeout(() => { location = '?again' }, 50)",
    "half a character": "document.body.append('\\ud83d'); show()",
    "a worker": "new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))).onmessage = show",
    "a frame of the shop's": "addEventListener('message', show);"
    "document.body.append(Object.assign(document.createElement('iframe'), {src: '/frame'}))",
}
STYLE = "<style>@keyframes come { from { opacity: 0 } } p { animation: come 50ms }</style>"


@pytest.mark.parametrize("awaited", LAZY)
async def test_a_price_that_waits_for_something_is_waited_for(awaited: str, browsing: Fetcher, serve: Serve) -> None:
    page = f"<!doctype html>{STYLE}<title>Mug</title><p id=p>&nbsp;</p><script>{SHOW}{LAZY[awaited]}</script>"
    frame = answer(b"<script>parent.postMessage(1, '*')</script>")
    shop = await serve({"": answer(page.encode()), "/frame": frame})
    fetched = await browsing.fetch(plan_for(shop.address, FetchMode.BROWSER))
    assert b'<p id="p">12,50</p>' in fetched.body


async def test_many_pages_open_at_once_all_get_their_frames(browsing: Fetcher, serve: Serve) -> None:
    page = f"<p id=p></p><script>{SHOW}let n = 0; const f = () => ++n > 4 ? show() : requestAnimationFrame(f); f()</script>"
    shops = [await serve({"": answer(page.encode())}) for _ in range(8)]
    fetched = await asyncio.gather(*(browsing.fetch(plan_for(shop.address, FetchMode.BROWSER)) for shop in shops))
    assert all(b'<p id="p">12,50</p>' in one.body for one in fetched)


HANGING = {
    "at once": "for (;;);",
    "later": "setTimeout(() => { for (;;); }, 50)",
    "in its frame": "requestAnimationFrame(() => { for (;;); })",
}


@pytest.mark.parametrize("hangs", HANGING)
async def test_a_page_that_hangs_is_given_up_and_holds_nobody_up(
    hangs: str, browsing: Fetcher, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "HANGS", 1.0)
    hanging = await serve({"": answer(f"<p>9,99</p><script>{HANGING[hangs]}</script>".encode())})
    shop = await serve({"": answer(f"<p id=p></p><script>{SHOW}{LAZY['a frame']}</script>".encode())})
    gone = asyncio.create_task(browsing.fetch(plan_for(hanging.address, FetchMode.BROWSER, timeout=6)))
    await asyncio.sleep(1.5)
    for _ in range(2):
        shown = await browsing.fetch(plan_for(shop.address, FetchMode.BROWSER))
        assert b'<p id="p">12,50</p>' in shown.body
    with pytest.raises((errors.NoAnswerError, errors.BrowserFailedError)):
        await gone


async def test_frames_of_others_are_not_loaded_and_pictures_not_asked_for(browsing: Fetcher, serve: Serve) -> None:
    other = await serve({"": answer()})
    page = f"<img src=/picture><iframe src='{other.address}/frame'></iframe>"
    shop = await serve({"": answer(PAGE + page.encode() + b"<script>navigator.sendBeacon('/told', 'x')</script>")})
    fetched = await browsing.fetch(plan_for(shop.address, FetchMode.BROWSER))
    assert b"12,50" in fetched.body
    assert not other.asked
    assert [head.split(b" ")[1] for head in shop.asked if b"favicon" not in head] == [b"/"]


async def test_nothing_of_one_visit_is_there_in_the_next(browsing: Fetcher, serve: Serve) -> None:
    script = (
        "<p id=p></p><script>document.getElementById('p').textContent = [document.cookie, localStorage.x, !!caches].join();"
        "document.cookie = 'y=1'; localStorage.x = 2; navigator.serviceWorker?.register('/worker')</script>"
    )
    shop = await serve({"": answer(script.encode(), "Cache-Control: max-age=600", "Set-Cookie: z=3")})
    plan = plan_for(shop.address, FetchMode.BROWSER)
    first, second = [await browsing.fetch(plan) for _ in range(2)]
    assert first.body == second.body
    assert b"z=3" in first.body
    assert [head.split(b" ")[1] for head in shop.asked if b"favicon" not in head] == [b"/", b"/"]
    assert not any(b"cookie: y" in head.lower() for head in shop.asked)


async def test_a_page_longer_than_allowed_is_refused(browsing: Fetcher, serve: Serve) -> None:
    shop = await serve({"": answer(b"<p>12,50<script>document.body.append('x'.repeat(1100000))</script>")})
    with pytest.raises(errors.TooLargeError):
        await browsing.fetch(plan_for(shop.address, FetchMode.BROWSER))


async def test_a_browser_that_died_is_started_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[DevTools] = []
    real = DevTools.start

    async def start(path: str, flags: list[str]) -> DevTools:
        started.append(await real(path, flags))
        return started[-1]

    monkeypatch.setattr(DevTools, "start", start)
    shop = await serve({"": answer(), "/moved": moved("/")})
    async with Fetcher.of(None, fetch_settings()) as fetcher:
        plan = plan_for(shop.address, FetchMode.BROWSER)
        assert b"12,50" in (await fetcher.fetch(plan)).body
        [devtools] = started
        devtools.kill()
        while devtools.alive:
            await asyncio.sleep(0.01)
        with pytest.raises(DevToolsError, match="gone"):
            await devtools.call("Browser.getVersion")
        assert b"12,50" in (await fetcher.fetch(plan)).body


async def test_what_is_no_browser_says_so() -> None:
    with pytest.raises(DevToolsError):
        await DevTools.start("/nowhere/chromium", [])
    async with Fetcher.of(None, fetch_settings(browser_path="true")) as fetcher:
        with pytest.raises(errors.BrowserMissingError, match="gone"):
            await fetcher.fetch(plan_for("http://127.9.0.1/", FetchMode.BROWSER))
