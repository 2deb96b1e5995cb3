"""``entrepot connector new``: the skeleton of a connector, as a distribution of its own."""

import re
from importlib.resources import files
from pathlib import Path
from string import Template

FILES = {
    "pyproject.toml": "pyproject.toml",
    "src/entrepot_$key/__init__.py": "__init__.py",
    "src/entrepot_$key/credentials.py": "credentials.py",
    "src/entrepot_$key/wire.py": "wire.py",
    "src/entrepot_$key/connector.py": "connector.py",
    "tests/conftest.py": "conftest.py",
    "tests/test_conformance.py": "test_conformance.py",
    "tests/recordings/check.json": "check.json",
    "docs/$key.md": "manual.md",
}
"""Where a file goes -> its template."""
KEY = re.compile(r"^[a-z][a-z0-9_]{1,30}$")


def make_connector(name: str, *, title: str, folder: Path) -> None:
    """Write the skeleton of a connector into *folder*/entrepot-*name*, and say what to do next."""
    if not KEY.match(name):
        message = f"“{name}” cannot be a connector's name: use 2 to 31 small letters, digits and underscores."
        raise SystemExit(message)
    target = folder / f"entrepot-{name}"
    if target.exists() and any(target.iterdir()):
        message = f"{target} is there already, with files in it. Choose another folder, or remove it."
        raise SystemExit(message)
    values = {
        "key": name,
        "cls": "".join(part.capitalize() for part in name.split("_")),
        "name": title or name.replace("_", " ").capitalize(),
        "prefix": name.replace("_", "")[:8].upper(),
    }
    templates = files("entrepot.cli").joinpath("connector_template")
    for place, template in FILES.items():
        path = target / Template(place).substitute(values)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(templates.joinpath(f"{template}.txt").read_text("utf-8")).substitute(values), "utf-8")
    (target / f"src/entrepot_{name}/py.typed").touch()
    print(
        f"""
  {target} holds the skeleton of a connector. In it:

    pip install -e .  pytest anyio mypy     makes the hub, and the tests, find it
    mypy                                    passes already
    pytest                                  shows what is still red: work on it until nothing is

  docs/manual/write-a-connector.md goes through it step by step.
"""
    )
