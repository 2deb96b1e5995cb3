"""``entrepot migrate``, and what the supervisor does at its beginning and its end."""

from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings


def migrate_database() -> None:
    """Run the migrations and say what they did."""
    settings = Settings()
    box = SecretBox(settings.keys)
    with running_server(settings, box) as server:
        done = migrate(server, box)
    if done.before == done.after:
        print(f"The database is up to date ({done.after}).")
    else:
        print(f"The database went from {done.before or 'nothing'} to {done.after}.")


def prepare() -> None:
    """Start the database, migrate it, and leave it running."""
    settings = Settings()
    box = SecretBox(settings.keys)
    with running_server(settings, box, stop=False) as server:
        migrate(server, box)
    print(f"Entrepot at {settings.address}")


def leave() -> None:
    """Stop the embedded database, unless somebody else uses it."""
    settings = Settings()
    with running_server(settings, SecretBox(settings.keys)):
        pass
