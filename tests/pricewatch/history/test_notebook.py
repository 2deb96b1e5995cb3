"""The notebook that is shipped runs from top to bottom on the hub's services."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from entrepot.access.principal import SellerRef
from entrepot.cli.notebook import command, own_copy
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.pricewatch.history.desk import PriceDesk
from tests.pricewatch.alerts.conftest import START, Watched

pytestmark = pytest.mark.anyio


async def test_the_notebook_shows_products_and_their_past(
    database: Database, server: Server, box: SecretBox, seller: SellerRef
) -> None:
    mug = Watched(seller)
    hours = (now() - START).total_seconds() / 3600
    async with database.transaction(Scope.of(seller.id)) as session:
        await mug.store(session)
        await mug.observe(session, hours - 24 * 20, "20")
        await mug.observe(session, hours - 24, "15")
    desk = PriceDesk(server.asyncpg(server.application), box.derive("scope"), seller.id)

    def run() -> dict[str, Any]:
        from entrepot.pricewatch.notebook import app  # noqa: PLC0415 -- marimo takes a while to load

        _, found = app.run(defs={"desk": desk, "opened": None})
        return dict(found)

    found = await asyncio.to_thread(run)

    assert found["overview"].totals.products >= 1
    assert [row["title"] for row in await desk.products()] == ["Blue mug"]


def test_a_copy_is_edited_on_this_machine_alone(tmp_path: Path) -> None:
    mine = own_copy(tmp_path)
    mine.write_text(mine.read_text() + "# mine\n")
    assert own_copy(tmp_path).read_text().endswith("# mine\n")
    words = command(mine, 2718)
    assert "--token" in words
    assert words[words.index("--host") + 1] == "127.0.0.1"
