"""Gates that need the running product: schema equal to the models, API description unchanged, types of a connector.

``python -m tests.gates`` checks; ``--write`` writes the description of the API.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path

from alembic import command

from entrepot.cli.connector import make_connector
from entrepot.kit.migrate import alembic_config, migrate
from entrepot.kit.postgres import embedded_server, server_at
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.web.app import create_app
from tests.cli.test_connector import BLOCK, MANUAL, install, run

ROOT = Path(__file__).parents[1]
DESCRIPTION = ROOT / "docs" / "openapi.json"
KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="


def describe() -> str:
    """Return the OpenAPI description as it is now."""
    box = SecretBox([KEY])
    app = create_app(box, Settings())
    return json.dumps(app.openapi_schema.to_schema(), indent=1, sort_keys=True, default=str) + "\n"


def check_schema() -> None:
    """Fail if the migrations do not make the tables that the models describe, or cannot be undone."""
    box = SecretBox([KEY])
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder) / "postgres") as url:
        server = server_at(url.set(database="gate"), box)
        migrate(server, box)
        config = alembic_config(server, box.derive("scope"))
        command.check(config)
        command.downgrade(config, "base")
        command.upgrade(config, "head")
        command.check(config)


def check_connector() -> None:
    """Fail if what ``entrepot connector new`` writes, or the manual has its reader write, does not pass mypy."""
    with tempfile.TemporaryDirectory() as folder:
        make_connector("acme", title="Acme Shop", folder=Path(folder))
        made = Path(folder) / "entrepot-acme"
        environment = install(made)
        for text in ({}, dict(BLOCK.findall(MANUAL.read_text("utf-8")))):
            for path, body in text.items():
                (made / path).write_text(body, "utf-8")
            checked = run(made, environment, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "connector"))
            if "Success: no issues found in 4 source files" not in checked.stdout:
                sys.exit(
                    f"The connector of docs/manual/{MANUAL.name} does not pass mypy:\n{checked.stdout}{checked.stderr}"
                )


def main() -> None:
    """Run the gates."""
    warnings.simplefilter("ignore")
    if "--write" in sys.argv:
        DESCRIPTION.write_text(describe())
        print(f"wrote {DESCRIPTION.relative_to(ROOT)}")
        return
    if not DESCRIPTION.exists() or DESCRIPTION.read_text() != describe():
        sys.exit("The API changed. Look at the difference after `make openapi`, note it in CHANGELOG.md, commit both.")
    print("API: as described in docs/openapi.json")
    check_schema()
    print("schema: migrations and models agree, every step can be undone and redone")
    check_connector()
    print("connector: the skeleton and the manual's code pass the type checker")


if __name__ == "__main__":
    main()
