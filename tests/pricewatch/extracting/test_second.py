"""Reading pages in a second process: the same answers, whatever becomes of it."""

import asyncio
import gzip
import io
import os
import signal

import msgspec
import pytest

from entrepot.pricewatch.extracting import second
from entrepot.pricewatch.extracting.contract import Extraction, Page, Recipe
from entrepot.pricewatch.extracting.second import Readers, serve
from entrepot.pricewatch.extracting.service import extract, parse_selector

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both loops: pipes of the one that workers run on tell later what was written."""
    return "asyncio", {"use_uvloop": request.param}


RECIPE = Recipe(locale="nl", currency="EUR", selectors=(parse_selector("price=css:.price"),))


def page(number: int) -> Page:
    body = (
        f"<title>Mug</title><h1>Mug</h1><b class=price>€ {number},50</b><button>In winkelwagen</button>" + "x " * 9_000
    )
    return Page(f"https://shop.example/{number}", body.encode(), "text/html; charset=utf-8")


def packed(number: int) -> Page:
    return msgspec.structs.replace(page(number), packed=gzip.compress(page(number).body))


async def started(readers: Readers) -> int:
    """Read until the second process has, and return its number."""
    async with asyncio.timeout(30):
        while not readers.elsewhere:
            await readers.read(page(1), RECIPE)
            await asyncio.sleep(0.01)
    process = readers._process  # noqa: SLF001 -- whose end is tested  # pyright: ignore[reportPrivateUsage]
    assert process is not None
    return process.pid


async def test_many_pages_are_read_by_two_processes() -> None:
    async with Readers(many=1, cores=2) as readers:
        pid = await started(readers)
        before = readers.elsewhere
        found = await asyncio.gather(*(readers.read(page(number), RECIPE) for number in range(60)))
        assert found == [extract(page(number), RECIPE) for number in range(60)]
        assert before < readers.elsewhere < before + 60
        assert 10 < readers.memory_mb() < 150
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_pages_that_came_packed_are_sent_so() -> None:
    async with Readers(many=1, cores=2) as readers:
        pid = await started(readers)
        found = await asyncio.gather(*(readers.read(packed(number), RECIPE) for number in range(60)))
        assert found == [extract(page(number), RECIPE) for number in range(60)]
        assert readers._process is not None  # noqa: SLF001 -- that it lives is tested  # pyright: ignore[reportPrivateUsage]
        assert readers._process.pid == pid  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


async def test_what_cannot_be_sent_is_read_here() -> None:
    broken = b"<script type='application/ld+json'>{'@type': 'Product', 'name': 'Mug \\ud800', 'offers': {'price': 5},}</script>"
    half = Page("https://shop.example/", broken.replace(b"'@", b'"@').replace(b"'", b'"'))
    assert "\ud800" in extract(half).title
    async with Readers(many=1, cores=2) as readers:
        await started(readers)
        before = readers.elsewhere
        assert await readers.read(half, Recipe()) == extract(half)
        assert readers.elsewhere == before
        assert readers.memory_mb()  # it is there for the next


async def test_few_pages_start_nothing() -> None:
    async with Readers(many=3, cores=2) as readers:
        assert await readers.read(page(1), RECIPE) == extract(page(1), RECIPE)
        assert await readers.read(page(2), RECIPE) == extract(page(2), RECIPE)
        assert readers._starting is None  # noqa: SLF001 -- nothing else shows it  # pyright: ignore[reportPrivateUsage]
        assert readers.memory_mb() == 0


async def test_one_core_has_one_process() -> None:
    async with Readers(many=1, cores=1) as readers:
        assert await readers.read(page(1), RECIPE) == extract(page(1), RECIPE)
        assert readers._starting is None  # noqa: SLF001 -- nothing else shows it  # pyright: ignore[reportPrivateUsage]


async def test_it_may_be_ended_while_it_starts() -> None:
    async with Readers(many=1, cores=2) as readers:
        await readers.read(page(1), RECIPE)


async def test_pages_are_read_when_the_second_process_dies() -> None:
    async with Readers(many=1, cores=2) as readers:
        pid = await started(readers)
        os.kill(pid, signal.SIGSTOP)
        more = second.AHEAD + 2
        reading = [asyncio.create_task(readers.read(page(number), RECIPE)) for number in range(more)]
        await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.gather(*reading) == [extract(page(number), RECIPE) for number in range(more)]
        assert await readers.read(page(9), RECIPE) == extract(page(9), RECIPE)


async def test_pages_are_read_when_the_second_process_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Readers(many=1, cores=2) as readers:
        pid = await started(readers)
        monkeypatch.setattr(second, "PATIENCE", 0.1)
        os.kill(pid, signal.SIGSTOP)
        assert await readers.read(page(7), RECIPE) == extract(page(7), RECIPE)


async def test_pages_are_read_when_nothing_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    async with Readers(many=1, cores=2) as readers:
        for number in range(3):
            assert await readers.read(page(number), RECIPE) == extract(page(number), RECIPE)
            await asyncio.sleep(0)


def test_it_answers_what_it_is_told() -> None:
    without_body = msgspec.structs.replace(packed(4), body=b"")
    told = [msgspec.msgpack.encode((one, RECIPE)) for one in (page(3), without_body)]
    answers = io.BytesIO()
    serve(io.BytesIO(b"".join(len(one).to_bytes(4) + one for one in told)), answers)
    answers.seek(0)
    for number in (3, 4):
        size = int.from_bytes(answers.read(4))
        assert msgspec.msgpack.decode(answers.read(size), type=Extraction) == extract(page(number), RECIPE)
    assert answers.read() == b""
