"""The process that serves the specifications."""

from collections.abc import AsyncGenerator

import pytest

from tests.contract.prism import Prism, running


@pytest.fixture(scope="package")
async def prism() -> AsyncGenerator[Prism]:
    async with running() as started:
        yield started
