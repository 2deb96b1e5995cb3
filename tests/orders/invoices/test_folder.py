"""Files that programs put into a folder."""

import os
from pathlib import Path

import pytest

from entrepot.access.principal import SellerRef
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.orders.invoices.exchange import Exchange, FolderRefusedError
from entrepot.orders.invoices.jobs import WatchFolder
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.invoices.views import invoices
from tests.orders.factories import make_world

pytestmark = pytest.mark.anyio

GOOD = "Invoice number,Product code,Quantity,Customer\nG-1,MUG-BLUE,2,Jansen\nG-2,MUG-BLUE,1,Smit\n"
MIXED = (
    "Invoice number,Product code,Quantity,Customer\nM-1,MUG-BLUE,2,Jansen\nM-2,MUG-BLUE,none,Smit\nM-2,NOPE,1,Smit\n"
)


async def test_files_are_taken_and_moved_with_a_report(
    database: Database, seller: SellerRef, box: SecretBox, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    async with database.transaction(Scope.of(seller.id)) as session:
        await make_world(session, seller.id, [("MUG-BLUE", 10)])
        name = f"in-{str(seller.id)[-12:]}"
        source = await InvoiceService(session).make_source(seller.id, "erp", "ERP", folder=name, folder_watched=True)
    exchange = Exchange(tmp_path, name)
    exchange.prepare()
    for file, content in {
        "b.csv": GOOD,
        "a.csv": MIXED,
        "broken.json": "{[",
        "half.part": GOOD,
        "new.csv": GOOD,
    }.items():
        (exchange.path / file).write_text(content)
        if file != "new.csv":  # still being written
            os.utime(exchange.path / file, (1_000_000, 1_000_000))
    (exchange.path / "link.csv").symlink_to(tmp_path / "secret.keys")
    done = await run_inline(database, box, settings, WatchFolder(seller.id, source.id))
    assert done == {"files": 3, "failed": 2}
    assert {path.name for path in exchange.path.iterdir()} == {
        "done",
        "failed",
        "working",
        "half.part",
        "new.csv",
        "link.csv",
    }
    assert {path.name for path in (exchange.path / "done").iterdir()} == {"b.csv", "b.csv.report.txt"}
    report = (exchange.path / "failed" / "a.csv.report.txt").read_text()
    assert "3 rows: 1 of new invoices, 0 of changed ones, 0 unchanged, 2 failed." in report
    assert "Line 3, Quantity: “none” is not a number." in report
    assert "cannot be read" in (exchange.path / "failed" / "broken.json.report.txt").read_text()
    async with database.transaction(Scope.of(seller.id)) as session:
        found = {row.number: str(row.state) for row in await invoices(session, [seller.id])}
        source = await InvoiceService(session).source(seller.id, "erp")
    assert found == {"G-1": "taken", "G-2": "taken", "M-1": "taken", "M-2": "attention"}
    assert source.mapping["quantity"] == "Quantity"


def put(path: bytes | Path, content: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123 -- pathlib takes no bytes
        file.write(content)
    os.utime(path, (1_000_000, 1_000_000))


def test_a_file_that_is_replaced_while_it_is_taken_is_another_file(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path, "erp")
    exchange.prepare()
    put(exchange.path / "a.csv", "first")
    assert exchange.claim() == ["a.csv"]
    assert Exchange(tmp_path, "erp").claim() == ["a.csv"]  # the run that had it was killed
    put(exchange.path / "a.csv", "second")
    assert exchange.read("a.csv") == b"first"
    exchange.settle("a.csv", "taken", failed=False)
    assert exchange.claim() == ["a.csv"]
    put(exchange.path / "a.csv", "third")
    both = exchange.claim()
    assert sorted(exchange.read(name) or b"" for name in both) == [b"second", b"third"]


def test_names_that_are_no_text_stop_nobody(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path, "erp")
    exchange.prepare()
    put(os.fsencode(exchange.path) + b"/gr\xfc\x9fe.csv", "latin")
    put(exchange.path / f"{'ü' * 120}.csv", "long")
    names = exchange.claim()
    assert names[0] == "grü_e.csv"
    assert {exchange.read(name) for name in names} == {b"latin", b"long"}
    for name in names:
        exchange.settle(name, "taken", failed=False)
        assert (exchange.path / "done" / f"{name}.report.txt").exists()


def test_no_folder_leads_out_of_the_exchange(tmp_path: Path) -> None:
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange" / "out").symlink_to(tmp_path)
    for name in ("out", "..", "../postgres", ""):
        with pytest.raises(FolderRefusedError):
            Exchange(tmp_path, name)
