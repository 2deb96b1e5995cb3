"""Decisions of printing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.printing.domain import (
    SLACK_MM,
    Connection,
    Format,
    HostPort,
    address_problem,
    fits,
    format_of,
    read_host,
    read_size,
    retry_after,
)

SIDES = st.integers(10, 400)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("192.168.1.40", HostPort("192.168.1.40", 9100)),
        ("zebra-1.local:6101", HostPort("zebra-1.local", 6101)),
        ("[fd00::5]:9100", HostPort("fd00::5", 9100)),
        ("[fd00::5]", HostPort("fd00::5", 9100)),
        ("", None),
        ("host:", None),
        ("host:0", None),
        ("host:70000", None),
        ("host:٣", None),
        ("host;rm -rf /", None),
        ("-oops", None),
        ("[fd00::5]x", None),
        ("[fd00::5]:", None),
    ],
)
def test_an_address_of_a_network_printer_is_read_or_refused(written: str, found: HostPort | None) -> None:
    assert read_host(written) == found
    assert bool(address_problem(Connection.NETWORK, written)) is (found is None)


@pytest.mark.parametrize(("name", "good"), [("Zebra_ZD421", True), ("-d", False), ("a b", False), ("a/b", False)])
def test_a_queue_is_named_so_that_no_command_takes_it_for_an_option(name: str, good: bool) -> None:  # noqa: FBT001
    assert (address_problem(Connection.QUEUE, name) == "") is good


@given(SIDES, SIDES, SIDES, SIDES)
def test_what_fits_also_fits_turned_and_on_anything_larger(a: int, b: int, wide: int, high: int) -> None:
    assert fits((a, b), (wide, high)) is fits((b, a), (wide, high)) is fits((a, b), (high, wide))
    if fits((a, b), (wide, high)):
        assert fits((a, b), (wide + 1, high))
        assert max(a, b) <= max(wide, high) + SLACK_MM
    assert fits((a, b), None)
    assert fits((a, b), (a, b))


@pytest.mark.parametrize(
    ("written", "size"),
    [("102x152", (102, 152)), ("62 × 29 mm", (62, 29)), ("A4", (210, 297)), ("9x9", None), ("x", None), ("²x²", None)],
)
def test_sizes_are_read_as_people_write_them(written: str, size: tuple[int, int] | None) -> None:
    assert read_size(written) == size


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"%PDF-1.7 ..", Format.PDF), (b"\n^XA^FDhello^FS^XZ", Format.ZPL), (b"hello", None), (b"\x89PNG^XA\0", None)],
)
def test_the_content_says_what_it_is(content: bytes, found: Format | None) -> None:
    assert format_of(content) is found


@given(st.integers(-2, 10_000))
def test_a_job_is_tried_again_ever_later_and_within_minutes(attempts: int) -> None:
    assert timedelta(seconds=5) <= retry_after(attempts) <= retry_after(attempts + 1) <= timedelta(minutes=5)
