"""Orders as files: whole or not at all, and only where the operator lets them."""

import errno
import os
from pathlib import Path

import pytest

from entrepot.connectors.jtl.drop import DropFolder, file_name
from entrepot.erp.errors import (
    ErpAddressRefusedError,
    ErpFolderAwayError,
    ErpFolderClosedError,
    ErpFolderFullError,
    ErpFolderMissingError,
)
from entrepot.erp.line import ErpCall, ErpLine
from entrepot.sandbox.jtl.schema import READER
from tests.connectors.jtl.orders import order
from tests.connectors.jtl.world import LOOPBACK, World

pytestmark = pytest.mark.anyio


def drop(folder: Path | str, root: Path) -> DropFolder:
    return DropFolder(str(folder), ErpLine(folders=(root,)))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_an_order_goes_full_circle_as_a_file(world: World, tmp_path: Path) -> None:
    calls: list[ErpCall] = []

    async def record(call: ErpCall) -> None:
        calls.append(call)

    line = ErpLine(allowed=LOOPBACK, folders=(tmp_path,), record=record)
    connector = world.connector(line, database_url=world.url(READER), way="file", folder=str(tmp_path))
    assert all(check.ok for check in (await connector.check()).checks)
    assert connector.way == "file"

    assert [one.state for one in await connector.hand_over([order("A"), order("B")])] == ["accepted", "accepted"]
    assert [one.state for one in await connector.hand_over([order("A")])] == ["present"]

    assert names(tmp_path) == ["entrepot-A.xml", "entrepot-B.xml"]
    assert next(call.target for call in calls if call.method == "FILE").endswith("/entrepot-A.xml")
    world.wawi.folder = tmp_path
    await world.wawi.work()
    assert names(tmp_path) == []
    assert {one.reference for one in await connector.read_tracking(["A", "B"])} == {"A", "B"}


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    gone = drop(tmp_path / "gone", tmp_path)

    assert "There is no folder" in (await gone.check()).problem
    with pytest.raises(ErpFolderMissingError):
        await gone.put("A", b"x")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, ErpFolderFullError),
        (errno.EDQUOT, ErpFolderFullError),
        (errno.EROFS, ErpFolderClosedError),
        (errno.EACCES, ErpFolderClosedError),
        (errno.EIO, ErpFolderAwayError),
        (errno.ESTALE, ErpFolderAwayError),
    ],
)
async def test_a_folder_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", fail)
    folder = drop(tmp_path, tmp_path)

    with pytest.raises(expected):
        await folder.put("A", b"x" * 100_000)

    assert not (await folder.check()).ok
    assert names(tmp_path) == []


async def test_files_go_only_where_the_operator_lets_them(tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    (allowed / "link").symlink_to(other)

    for folder in (other, allowed / "link", allowed / ".." / "other", tmp_path / "allowed-not", "/etc"):
        with pytest.raises(ErpAddressRefusedError, match="ENTREPOT_DROP_ALLOW"):
            await drop(folder, allowed).put("A", b"x")
    with pytest.raises(ErpAddressRefusedError):
        await DropFolder(str(allowed), ErpLine()).put("A", b"x")
    assert names(other) == []
    assert await drop(allowed, allowed).put("A", b"x")


@pytest.mark.parametrize("reference", ["../../etc/passwd", "a/b", "a\0b", ".hidden", "x" * 500, "ü", "", "a b"])
async def test_a_name_is_a_name(tmp_path: Path, reference: str) -> None:
    assert await drop(tmp_path, tmp_path).put(reference, b"x")

    (name,) = names(tmp_path)
    assert name == file_name(reference)
    assert len(name) < 120


def test_different_orders_have_different_names() -> None:
    assert len({file_name(reference) for reference in ("a/b", "a_b", "a.b", "a b", "ab")}) == 5
