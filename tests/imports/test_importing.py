"""Tables become products: previewed, applied, resumed, handed back."""

import zlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.imports import jobs as import_jobs
from entrepot.imports.errors import ColumnsMissingError, ImportStartedError, NothingSentError
from entrepot.imports.jobs import ApplyTable, start_import
from entrepot.imports.service import ImportService
from entrepot.imports.views import failed_rows
from entrepot.jobs.inline import run_inline
from entrepot.kit.csv_reading import TableUnreadableError
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

pytestmark = pytest.mark.anyio

GOOD = "sku;naam;EAN;prijs;gewicht\nMUG;Mug;4006381333931;7,95;350\nCUP;Cup;;12,5;\n"


@pytest.fixture
def world(database: Database, box: SecretBox, settings: Settings, seller: SellerRef) -> "World":
    return World(database, box, settings, seller)


class World:
    """One seller's imports, each step in a committed transaction."""

    def __init__(self, database: Database, box: SecretBox, settings: Settings, seller: SellerRef) -> None:
        self.database, self.box, self.settings, self.seller = database, box, settings, seller

    async def upload(self, content: str | bytes, mode: str = "both") -> UUID:
        raw = content.encode() if isinstance(content, str) else content
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            service = ImportService(session)
            import_id = await service.upload(self.seller.id, "products", "table.csv", raw)
            found = await service.find(import_id)
            await service.configure(import_id, found.mapping, mode, "," if found.mark == "," else ".")
        return import_id

    async def start(self, import_id: UUID) -> None:
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            await start_import(session, import_id)

    async def work(self, import_id: UUID) -> None:
        await run_inline(self.database, self.box, self.settings, ApplyTable(self.seller.id, import_id))

    async def run(self, content: str | bytes, mode: str = "both") -> dict[str, Any]:
        import_id = await self.upload(content, mode)
        await self.start(import_id)
        await self.work(import_id)
        return await self.state(import_id)

    async def state(self, import_id: UUID) -> dict[str, Any]:
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            found = await ImportService(session).find(import_id)
            problems = {row.line: row.problems for row in await failed_rows(session, import_id)}
            names = ("status", "rows_done", "created", "updated", "unchanged", "failed")
            return {**{name: getattr(found, name) for name in names}, "problems": problems}

    async def query(self, sql: str) -> list[Any]:
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            return [tuple(row) for row in await session.execute(text(sql))]


async def test_a_table_becomes_products(world: World) -> None:
    state = await world.run(GOOD)

    assert (state["status"], state["created"], state["failed"]) == ("done", 2, 0)
    assert await world.query("SELECT sku, gtin, sales_price::float, weight_g FROM product ORDER BY sku") == [
        ("CUP", None, 12.5, None),
        ("MUG", "4006381333931", 7.95, 350),
    ]


async def test_the_same_table_again_changes_nothing(world: World) -> None:
    await world.run(GOOD)
    events = await world.query("SELECT count(*) FROM event WHERE topic LIKE 'catalog.%'")

    state = await world.run(GOOD)

    assert (state["created"], state["updated"], state["unchanged"]) == (0, 0, 2)
    assert await world.query("SELECT count(*) FROM event WHERE topic LIKE 'catalog.%'") == events


async def test_bad_rows_are_told_and_the_others_go_on(world: World) -> None:
    state = await world.run(
        "sku,title,gtin,sales_price,kind,components\n"
        "A,Apple,4006381333930,,,\n"
        ",Nameless,,,,\n"
        "B,Bread,,cheap,,\n"
        "C,Cheese,,-1,,\n"
        "D,Dates,,4.50,,\n"
        "SET,Set,,,bundle,D:2\n"
        "BAD,Bad,,,bundle,NONE:1\n"
        "E,,,,,\n"
    )

    assert (state["created"], state["failed"]) == (2, 6)
    assert "would have to be 1" in state["problems"][2]["gtin"]
    assert "SKU is needed" in state["problems"][3]["sku"]
    assert "not a number" in state["problems"][4]["sales_price"]
    assert "zero or more" in state["problems"][5]["sales_price"]
    assert "no product with the SKU NONE" in state["problems"][8]["components"]
    assert "needs a title" in state["problems"][9]["title"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("create", (1, 0, 1, 0)), ("update", (0, 1, 0, 1)), ("both", (1, 1, 0, 0))],
)
async def test_modes(world: World, mode: str, expected: tuple[int, ...]) -> None:
    await world.run("sku,title\nOLD,Old\n")

    state = await world.run("sku,title\nOLD,Changed\nNEW,New\n", mode)

    assert tuple(state[name] for name in ("created", "updated", "unchanged", "failed")) == expected


async def test_the_preview_shows_what_would_happen_and_leaves_no_trace(world: World) -> None:
    import_id = await world.upload("sku,title,gtin\nA,Apple,\nB,Bread,123\n")
    async with world.database.transaction(Scope.of(world.seller.id)) as session:
        preview = await ImportService(session).preview(import_id)

    assert (preview.counts["created"], preview.counts["failed"]) == (1, 1)
    assert await world.query("SELECT count(*) FROM product") == [(0,)]
    assert await world.query("SELECT count(*) FROM event WHERE topic LIKE 'catalog.%'") == [(0,)]


async def test_work_goes_on_behind_the_last_committed_chunk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "sku,title\n" + "".join(f"S-{n},Product {n}\n" for n in range(1700))
    import_id = await world.upload(table)
    await world.start(import_id)
    real, calls = ImportService.apply_chunk, 0

    async def dies_in_the_third_chunk(*args: Any) -> bool:  # noqa: ANN401 -- stands in
        nonlocal calls
        calls += 1
        done = await real(*args)
        if calls == 3:
            msg = "killed before the commit"
            raise RuntimeError(msg)
        return done

    monkeypatch.setattr(import_jobs.ImportService, "apply_chunk", dies_in_the_third_chunk)
    with pytest.raises(RuntimeError):
        await world.work(import_id)
    assert (await world.state(import_id))["rows_done"] == 1000
    await world.work(import_id)
    await world.work(import_id)

    state = await world.state(import_id)
    assert (state["status"], state["rows_done"], state["created"], calls) == ("done", 1700, 1700, 5)
    assert await world.query("SELECT count(*) FROM event WHERE topic = 'catalog.product_created'") == [(1700,)]
    assert await world.query("SELECT count(*) FROM event WHERE topic = 'imports.finished'") == [(1,)]


async def test_a_stopped_import_keeps_what_it_did_and_does_no_more(world: World) -> None:
    import_id = await world.upload(GOOD)
    await world.start(import_id)
    async with world.database.transaction(Scope.of(world.seller.id)) as session:
        await ImportService(session).cancel(import_id)
    await world.work(import_id)

    assert (await world.state(import_id))["status"] == "cancelled"
    assert await world.query("SELECT count(*) FROM product") == [(0,)]
    assert await world.query("SELECT count(*) FROM data_import_file") == [(0,)]


async def test_an_import_starts_once(world: World) -> None:
    import_id = await world.upload(GOOD)
    await world.start(import_id)

    with pytest.raises(ImportStartedError):
        await world.start(import_id)


async def test_needed_columns_must_be_there(world: World) -> None:
    import_id = await world.upload("title\nMug\n")

    with pytest.raises(ColumnsMissingError, match="SKU"):
        await world.start(import_id)


async def test_a_malformed_table_is_refused_whole(world: World) -> None:
    with pytest.raises(TableUnreadableError, match="Line 1001"):
        await world.upload("sku,title\n" + "A,a\n" * 999 + 'B,"open\n')
    with pytest.raises(NothingSentError):
        await world.upload("  ")

    assert await world.query("SELECT count(*) FROM data_import") == [(0,)]


async def test_a_table_is_kept_small_and_let_go(world: World) -> None:
    import_id = await world.upload(GOOD * 1)
    ((content,),) = await world.query("SELECT content FROM data_import_file")
    assert zlib.decompress(content).decode() == GOOD
    await world.start(import_id)
    await world.work(import_id)

    assert await world.query("SELECT count(*) FROM data_import_file") == [(0,)]


async def test_variants_and_windows_files(world: World) -> None:
    table = (
        "SKU\tTitel\tSoort\tparent_sku\tOpties\nSHIRT\tÜberhemd €\tparent\t\t\nSHIRT-L\tÜberhemd L\t\tSHIRT\tGröße: L\n"
    )

    state = await world.run(table.encode("cp1252"))

    assert (state["created"], state["problems"]) == (2, {})
    assert await world.query("SELECT title, options FROM product WHERE parent_id IS NOT NULL") == [
        ("Überhemd L", {"Größe": "L"})
    ]


async def test_an_empty_cell_clears_what_may_be_empty(world: World) -> None:
    await world.run("sku,title,gtin,buffer\nA,Apple,4006381333931,5\n")
    await world.run("sku,title,gtin,buffer\nA,,,\n")

    assert await world.query("SELECT title, gtin, buffer FROM product") == [("Apple", None, 5)]
