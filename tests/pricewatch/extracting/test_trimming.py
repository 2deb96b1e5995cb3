"""Leaving the programs of a page out, and nothing else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from entrepot.pricewatch.extracting.trimming import scripts_of, trimmed


def visible(source: bytes) -> str:
    tree = LexborHTMLParser(source)
    tree.strip_tags(["script", "style"])
    return tree.html or ""


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (b"a<script>let b</script>c", b"a<script></script>c"),
        (b"<SCRIPT type=x>let b</Script >c<style>d{}</STYLE >", b"<SCRIPT type=x></Script >c<style></STYLE >"),
        (b"<script src=a></script><b>c</b>", b"<script src=a></script><b>c</b>"),
        (b"<!-- <script> -->b<script>c</script>", b"<!-- <script> -->b<script></script>"),
    ],
)
def test_what_stands_in_scripts_and_styles_is_left_out(source: bytes, left: bytes) -> None:
    assert trimmed(source) == left


@pytest.mark.parametrize(
    "source",
    [
        b'<script type="application/ld+json">{"name": "Mug"}</script>',
        b'<script type="application/ld&#x2B;json">{"name": "Mug"}</script>',
        b"<style-guide>Mug</style-guide><script-loader>12.50</script-loader>",
        b"<p title='<script>'>Mug</p><script></script>",
        b"<script title='a > b'>c</script>",
        b"<script>document.write('<script >x</script>')</script>",
        b"Mug<script>never ends",
        b"Mug<!-- <script>never ends</script>",
        b"Mug<script",
        b"",
    ],
)
def test_what_may_be_read_stays(source: bytes) -> None:
    left = trimmed(source)
    assert b"Mug" not in source or b"Mug" in left
    assert visible(left) == visible(source)
    assert b"ld" not in source or b"{" not in source or left == source


PLAIN = [
    b"<script>", b"<script src='a'>", b'<script type="application/ld+json">', b"</script>", b"</script >", b"<style>", b"</style>",
    b"-->", b"<p>", b"</p>", b"<!-- 1 -->", b"<!-- <script> -->", b" words ", b"12.50",
]  # fmt: skip
PIECES = [*PLAIN, b"<!--", b"<p title='<script>'>", b'<p title="</script>">', b"<b", b">", b"'", b'"']


@given(st.lists(st.sampled_from(PLAIN), max_size=14))
def test_what_is_visible_stays(pieces: list[bytes]) -> None:
    source = b"<html><body>" + b"".join(pieces) + b"</body></html>"
    assert visible(trimmed(source)) == visible(source)


@given(st.lists(st.sampled_from(PIECES), max_size=200))
def test_nothing_is_added(pieces: list[bytes]) -> None:
    source = b"".join(pieces)
    left = iter(source)
    assert all(sign in left for sign in trimmed(source))


@pytest.mark.parametrize(
    "piece", [b"<script>", b"<!--", b"</script>", b"<script><style>", b"<script ", b"<!---->", b"<style></style >"]
)
def test_no_page_takes_long(piece: bytes) -> None:
    begun = time.process_time()
    trimmed(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 2


def scripts(source: bytes) -> list[tuple[dict[str, str | None], str]]:
    return [(node.attributes, node.text(deep=True)) for node in LexborHTMLParser(source).css("script")]


@given(st.lists(st.sampled_from(PLAIN), max_size=14))
def test_the_scripts_of_a_page_are_all_its_scripts(pieces: list[bytes]) -> None:
    source = b"<html><body>" + b"".join(pieces) + b"</body></html>"
    assert scripts(scripts_of(source)) == scripts(source)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (b"a<script id=x>let b</script>c<style>d</style>", b"<script id=x>let b</script>"),
        (
            b'<SCRIPT type="application/json">{}</Script >c<script src=d></script>',
            b'<SCRIPT type="application/json">{}</script><script src=d></script>',
        ),
        (b"<!-- <script>a</script> -->b", b""),
        (b"<script>never ends", b"<script>never ends"),
        (b"<script>'<script >'</script>", b"<script>'<script >'</script>"),
    ],
)
def test_the_scripts_of_a_page_alone(source: bytes, left: bytes) -> None:
    assert scripts_of(source) == left
