"""Lets the assertions of the shipped suite explain themselves."""

import pytest

pytest.register_assert_rewrite(
    "entrepot.channels.conformance.exercises",
    "entrepot.channels.conformance.faults",
    "entrepot.channels.conformance.suite",
    "entrepot.fulfilment.conformance.suite",
)
