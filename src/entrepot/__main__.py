"""``python -m entrepot``: the same as the command ``entrepot``."""

from entrepot.cli.main import run

run()
