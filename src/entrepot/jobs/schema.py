"""The engine's own tables: schema ``dbos``, made and renewed by whoever owns the database."""

from dbos import DBOS
from sqlalchemy import make_url

from entrepot.kit.isolation import ROLE


def migrate_engine(url: str) -> None:
    """Bring the engine's tables up to date and let the application role use them.

    Must not be called on a thread with a running event loop.

    Args:
        url: of the database's owner, with any driver's name.
    """
    plain = make_url(url).set(drivername="postgresql")
    DBOS.migrate(plain.render_as_string(hide_password=False), application_role=ROLE)
