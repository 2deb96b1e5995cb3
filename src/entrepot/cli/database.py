"""``entrepot migrate``."""

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
