"""``entrepot doctor``: what is wrong with this instance, and what to do."""

import asyncio
import shutil
import stat
from dataclasses import dataclass
from importlib.resources import files

import asyncpg
from rich.console import Console

from entrepot.cli.backup import INVARIANTS
from entrepot.kit.errors import EntrepotError
from entrepot.kit.migrate import connect, current_revision, newest_revision
from entrepot.kit.postgres import Server, application_password, running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

LITTLE_SPACE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    name: str
    good: bool
    text: str


def examine(*, show_role: bool) -> int:
    """Check everything, print it, and return the exit code: 1 if something is wrong."""
    settings = Settings()
    box = SecretBox(settings.keys)
    if show_role:
        print(application_password(box))
        return 0
    findings = [_space(settings), _keys(settings), _front_end()]
    try:
        with running_server(settings, box) as server:
            findings += asyncio.run(_database(server))
    except (OSError, asyncpg.PostgresError, EntrepotError) as error:
        findings.append(
            Finding(
                "database",
                good=False,
                text=f"No answer: {error}. Check DATABASE_URL, or the log in {settings.data_dir}/postgres/log.",
            )
        )
    console = Console()
    for finding in findings:
        console.print("[green]ok  [/]" if finding.good else "[red]BAD [/]", f"[bold]{finding.name}[/]:", finding.text)
    return 0 if all(finding.good for finding in findings) else 1


def _space(settings: Settings) -> Finding:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    text = f"{free / 1e9:.1f} GB free in {settings.data_dir.resolve()}."
    return Finding(
        "disk", free > LITTLE_SPACE, text if free > LITTLE_SPACE else f"{text} Make room: at least 2 GB are needed."
    )


def _keys(settings: Settings) -> Finding:
    path = settings.data_dir / "secret.keys"
    if settings.secret_keys is not None or not path.exists():
        return Finding("keys", good=True, text="Taken from ENTREPOT_SECRET_KEYS.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("keys", good=False, text=f"Others on this machine can read {path}. Run: chmod 600 {path}")
    return Finding("keys", good=True, text=f"{path}, readable by its owner only. Keep a copy apart from the backups.")


def _front_end() -> Finding:
    built = (files("entrepot") / "web" / "static" / "dist" / "manifest.json").is_file()
    return Finding("front end", built, "Built." if built else "Not built. Run: make build")


async def _database(server: Server) -> list[Finding]:
    findings: list[Finding] = []
    connection = await connect(server.owner)
    try:
        version = await connection.fetchval("SHOW server_version")
        findings.append(Finding("database", good=True, text=f"PostgreSQL {version} answers."))
        found, newest = await current_revision(server), newest_revision()
        findings.append(
            Finding(
                "schema",
                found == newest,
                f"{found or 'none'}."
                if found == newest
                else f"{found or 'none'}, this release needs {newest}. Run: entrepot migrate",
            )
        )
        role = await connection.fetchrow("SELECT rolbypassrls, rolsuper FROM pg_roles WHERE rolname = 'entrepot_app'")
        bound = role is not None and not role["rolbypassrls"] and not role["rolsuper"]
        findings.append(
            Finding(
                "isolation",
                bound,
                "The application role is bound by row-level security."
                if bound
                else "The role entrepot_app is missing or may bypass row-level security. Run: entrepot migrate",
            )
        )
        if found == newest:
            for rule, query in INVARIANTS.items():
                count = await connection.fetchval(query)
                findings.append(
                    Finding(
                        "invariant",
                        not count,
                        f"{rule}."
                        if not count
                        else f"{rule}: {count} place(s) where it does not. Keep a backup and report this.",
                    )
                )
    finally:
        await connection.close()
    return findings
