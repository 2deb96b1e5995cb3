import time

from entrepot.jobs.polling import Bell

LONG = 30.0


def test_a_bell_ends_the_wait_at_the_first_moment_that_anyone_rang_for() -> None:
    bell = Bell()
    bell.ring()
    assert bell.wait(LONG) is False

    began = time.monotonic()
    bell.ring(0.2)
    assert bell.wait(LONG) is False
    assert 0.15 < time.monotonic() - began < LONG

    began = time.monotonic()
    bell.ring(LONG)
    bell.ring(0.05)
    bell.ring(LONG)
    assert bell.wait(LONG) is False
    assert time.monotonic() - began < LONG


def test_a_bell_that_nobody_rings_is_a_clock() -> None:
    assert Bell().wait(0.01) is False


def test_a_set_bell_waits_no_more() -> None:
    bell = Bell()
    bell.ring(LONG)
    bell.set()
    assert bell.wait(LONG) is True
    assert bell.wait() is True
