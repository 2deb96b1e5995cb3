"""The life of an instance from the command line: made, examined, backed up, lost, restored."""

import json
import re
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import Entrepot

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture(scope="module")
def backup(entrepot: Entrepot, home: Path) -> Path:
    """A backup of the instance with one seller and one owner."""
    for arguments in (
        ("migrate",),
        ("seller", "add", "Blue Mugs"),
        ("user", "add", "ann@example.org", "--name", "Ann"),
    ):
        done = entrepot(*arguments)
        assert done.returncode == 0, done.stderr
    file = home / "monday.backup"
    done = entrepot("backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


def test_migrating_twice_changes_nothing(entrepot: Entrepot, backup: Path) -> None:
    assert backup.exists()
    assert "up to date" in entrepot("migrate").stdout


@pytest.mark.usefixtures("backup")
def test_a_user_gets_a_generated_password(entrepot: Entrepot) -> None:
    first = entrepot("user", "add", "bob@example.org", "--seller", "Blue Mugs", "--role", "manager")
    second = entrepot("user", "add", "cem@example.org")

    passwords = [re.search(r"password (\S+)", done.stdout) for done in (first, second)]
    assert all(passwords), (first.stderr, second.stderr)
    assert passwords[0] != passwords[1]
    assert (
        "There is no seller called “Green Mugs”"
        in entrepot("user", "add", "d@example.org", "--seller", "Green Mugs").stderr
    )


@pytest.mark.usefixtures("backup")
def test_the_doctor_finds_a_sound_instance_sound(entrepot: Entrepot) -> None:
    examined = entrepot("doctor")

    assert "BAD" not in examined.stdout.replace("BAD  front end", ""), examined.stdout
    for name in ("database", "schema", "isolation", "invariant"):
        assert name in examined.stdout


def test_the_doctor_says_when_the_database_is_away(entrepot: Entrepot) -> None:
    examined = entrepot("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert examined.returncode == 1
    assert "BAD" in examined.stdout
    assert "Check DATABASE_URL" in examined.stdout


def test_a_backup_holds_no_keys(backup: Path, home: Path) -> None:
    with tarfile.open(backup) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]  # it is a file

    assert sorted(names)[:2] == ["database.dump", "manifest.json"]
    assert manifest["database_bytes"] > 10_000
    assert (home / "secret.keys").read_text().strip().encode() not in backup.read_bytes()


def test_a_full_disk_leaves_nothing_half_written(entrepot: Entrepot, backup: Path, tmp_path: Path) -> None:
    done = entrepot("backup", str(tmp_path / "missing" / "x.backup"))

    assert done.returncode == 1
    assert "No file was left. Free some space or choose another folder." in done.stderr
    full = entrepot("backup", "/dev/full/x.backup")
    assert full.returncode == 1
    assert "Backup failed" in full.stderr
    assert not [path for path in backup.parent.iterdir() if "partial" in path.name or path.name.startswith(".entrepot")]


def test_restoring_brings_everything_back(entrepot: Entrepot, backup: Path) -> None:
    assert "Added Late Mugs" in entrepot("seller", "add", "Late Mugs").stdout

    done = entrepot("restore", str(backup), "--yes")

    assert done.returncode == 0, done.stderr
    unknown = entrepot("user", "add", "e@example.org", "--seller", "Late Mugs").stderr
    assert "There is no seller called “Late Mugs”. There are: Blue Mugs." in unknown
    again = entrepot("user", "add", "ann@example.org").stderr
    assert again, "the restored owner is there"
    assert entrepot("doctor").stdout.count("BAD") <= 1


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b" + b"x" * 100])
def test_what_is_no_backup_is_refused(entrepot: Entrepot, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.backup"
    file.write_bytes(content)

    done = entrepot("restore", str(file), "--yes")

    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr


def test_a_backup_of_a_newer_release_is_refused(entrepot: Entrepot, backup: Path, tmp_path: Path) -> None:
    with tarfile.open(backup) as archive:
        archive.extractall(tmp_path, filter="data")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "schema": "2031_01_01_0900"}))
    newer = tmp_path / "newer.backup"
    with tarfile.open(newer, "w") as archive:
        archive.add(tmp_path / "manifest.json", "manifest.json")
        archive.add(tmp_path / "database.dump", "database.dump")

    done = entrepot("restore", str(newer), "--yes")

    assert done.returncode == 1
    assert "Install the newer release" in done.stderr
    assert "Nothing was changed" in done.stderr


def test_a_restore_asks_first(entrepot: Entrepot, backup: Path) -> None:
    done = entrepot("restore", str(backup), answer="no\n")

    assert done.returncode == 1
    assert "Nothing was changed." in done.stdout
