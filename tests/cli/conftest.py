"""An instance of its own for each module, driven by its command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec
import pytest

from tests.preloaded import Order, command

type Entrepot = Callable[..., subprocess.CompletedProcess[str]]
type Commands = Callable[[list[str], dict[str, str], str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Generator[Commands]:
    """Return a function that runs ``entrepot``: a command's first time as its user does, then as a fork."""
    folder = tmp_path_factory.mktemp("commands")
    seen: set[str] = set()
    forking = subprocess.Popen(command("tests.cli.program"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert forking.stdin is not None
    assert forking.stdout is not None
    orders, reports = forking.stdin, forking.stdout

    def fork(arguments: list[str], environment: dict[str, str], answer: str) -> subprocess.CompletedProcess[str]:
        files = [folder / name for name in ("stdin", "stdout", "stderr")]
        for file, content in zip(files, (answer, "", ""), strict=True):
            file.write_text(content)
        orders.write(msgspec.json.encode(Order(tuple(arguments), environment, *map(str, files))) + b"\n")
        orders.flush()
        reports.readline()  # it has begun
        _, code = json.loads(reports.readline())
        return subprocess.CompletedProcess(arguments, code, *(file.read_text() for file in files[1:]))

    def run(arguments: list[str], environment: dict[str, str], answer: str) -> subprocess.CompletedProcess[str]:
        if arguments[0] in seen:
            return fork(arguments, environment, answer)
        seen.add(arguments[0])
        return subprocess.run(
            [sys.executable, "-m", "entrepot", *arguments],
            env=environment,
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    with forking:
        yield run
        orders.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def entrepot(home: Path, commands: Commands) -> Entrepot:
    """Return a function that runs one command of ``entrepot`` on the instance."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}

    def run(*arguments: str, answer: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        here = {**environment, "ENTREPOT_DATA_DIR": str(home), "COLUMNS": "400", **extra}
        return commands(list(arguments), here, answer)

    return run
