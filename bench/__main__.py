"""``python -m bench [NAME ...]``: runs the benchmarks one after the other, and prints a table at the end."""

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
SHARED = {"extraction_eval", "world"}
"""Modules that are not benchmarks."""


def names() -> list[str]:
    """Return every benchmark."""
    return sorted(
        module.name for module in pkgutil.iter_modules([str(FOLDER)]) if module.name not in SHARED | {"__main__"}
    )


def main() -> int:
    """Run what was asked for, or everything."""
    wanted = sys.argv[1:] or names()
    if unknown := set(wanted) - set(names()):
        print(f"no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    table = Table("benchmark", "value", "unit", "limit", "ratio", "notes")
    failed = False
    for name in wanted:
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        failed |= done.returncode != 0 or not lines
        for line in lines:
            print(line, flush=True)
            figure = json.loads(line)
            cells = [figure.get(key, "") for key in ("name", "value", "unit", "limit", "ratio", "notes")]
            table.add_row(*(f"{cell:,.3g}" if isinstance(cell, float) else str(cell) for cell in cells))
        if done.returncode:
            table.add_row(name, "failed", "", "", "", f"ended with {done.returncode}")
    Console(stderr=True, width=160).print(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
