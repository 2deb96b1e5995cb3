"""``make chaos`` in small: two kills while orders are imported, two while the channel is told, two in runs."""

import os

import pytest

from tests.chaos.__main__ import Plan, attack

pytestmark = [
    pytest.mark.xdist_group("chaos"),
    pytest.mark.skipif(
        "ENTREPOT_CHAOS" not in os.environ, reason="minutes of kills: `make chaos`, or set ENTREPOT_CHAOS=1"
    ),
]


def test_killed_workers_lose_and_repeat_nothing() -> None:
    # The other tests run beside it: how soon the work goes on is for ``make chaos`` to judge.
    violations = attack(Plan(seed=11, kills=2, push_kills=2, orders=20, parcels=4, seeds=2, patience=1.0, take_over=80))

    assert violations == []
