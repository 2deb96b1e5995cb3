"""``make chaos`` in small: two kills while orders are imported, two while the channel is told."""

import pytest

from tests.chaos.__main__ import Plan, attack

pytestmark = pytest.mark.xdist_group("chaos")


def test_killed_workers_lose_and_repeat_nothing() -> None:
    violations = attack(Plan(seed=11, kills=2, push_kills=2, orders=20, parcels=4, patience=1.0))

    assert violations == []
