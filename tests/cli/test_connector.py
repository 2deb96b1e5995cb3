"""``entrepot connector new``, and the walk through the manual that ends in a passing suite.

That the code of both passes the type checker is looked at by ``tests/gates.py``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from entrepot.cli.connector import make_connector

MANUAL = Path(__file__).parents[2] / "docs" / "manual" / "write-a-connector.md"
BLOCK = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
SUITE = ("-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "anyio")


def install(made: Path) -> dict[str, str]:
    """Return an environment in which the distribution is installed, found by its entry point as by pip, and only what
    the manual has its reader install beside it is a plugin of pytest.
    """
    information = made / "src" / "entrepot_acme-0.1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: entrepot-acme\nVersion: 0.1.0\n")
    (information / "entry_points.txt").write_text("[entrepot.connectors]\nacme = entrepot_acme:SPEC\n")
    return {**os.environ, "PYTHONPATH": str(made / "src"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(made: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=made, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def test_the_manual_leads_from_nothing_to_a_passing_suite(tmp_path: Path) -> None:
    make_connector("acme", title="Acme Shop", folder=tmp_path)
    made = tmp_path / "entrepot-acme"
    environment = install(made)

    red = run(made, environment, *SUITE)
    assert "33 failed, 4 passed, 1 skipped" in red.stdout, red.stdout[-2000:]

    blocks = BLOCK.findall(MANUAL.read_text("utf-8"))
    assert {path for path, _ in blocks} == {
        "tests/recordings/import_orders.json",
        "src/entrepot_acme/wire.py",
        "src/entrepot_acme/connector.py",
    }
    for path, text in blocks:
        (made / path).write_text(text, "utf-8")
    green = run(made, environment, *SUITE, "-p", "entrepot.channels.conformance.verdict", "--write-verdict")
    assert "25 passed, 13 skipped" in green.stdout, green.stdout[-2000:]
    for line in ("33 failed, 4 passed, 1 skipped", "25 passed, 13 skipped"):
        assert line in MANUAL.read_text("utf-8"), "the manual promises something else"
    assert '"passed": 25' in (made / "src/entrepot_acme/conformance.json").read_text("utf-8")


@pytest.mark.parametrize("name", ["", "Acme", "a b", "9lives", "../up", "x" * 40])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SystemExit, match="small letters"):
        make_connector(name, title="", folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "entrepot-acme").mkdir()
    (tmp_path / "entrepot-acme" / "mine.txt").touch()

    with pytest.raises(SystemExit, match="is there already"):
        make_connector("acme", title="", folder=tmp_path)
