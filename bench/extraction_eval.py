"""``python -m bench.extraction_eval [FOLDER]``: how well pages are read without configuration, beside published systems.

The folder holds ``html/<key>.html.gz`` and ``ground-truth.json`` in the form of the public product extraction benchmark,
and the counting is that benchmark's: an answer is right when it is one of the accepted values (a price as a number);
a wrong answer counts against precision and recall both; to say nothing where there is nothing costs nothing.
"""

import gzip
import json
import os
import sys
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from rich.console import Console
from rich.table import Table

from entrepot.pricewatch.extracting.contract import Availability, Extraction, Page
from entrepot.pricewatch.extracting.service import extract

FOLDER = Path(os.environ.get("ENTREPOT_PRODUCT_PAGES", "../shared/data/product_pages"))
PUBLISHED = {
    "Zyte (commercial)": {"price": 0.918, "availability": 0.957, "sku": 0.841},
    "Diffbot (commercial)": {"price": 0.824, "availability": 0.943, "sku": 0.765},
    "extruct (open source)": {"price": 0.685, "availability": 0.626, "sku": 0.537},
}
"""F1 on the whole public set."""
GOALS = {"price": 0.90, "availability": 0.95, "sku": 0.80}
GONE = {Availability.OUT_OF_STOCK, Availability.DISCONTINUED}


@dataclass
class Score:
    """Answers of one field, counted as the benchmark does."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, accepted: set[str], answer: str) -> bool:
        """Count one page; return whether the answer was right."""
        right = answer in accepted if answer else not accepted
        self.right += bool(answer) and right
        self.wrong += bool(answer) and not right
        self.missed += bool(accepted) and not right
        return right

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def number(text: str) -> str:
    """Return a price so that equal numbers are equal texts."""
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text


def answers(found: Extraction) -> dict[str, str]:
    """Return our answers in the set's words."""
    stock = (
        "" if found.availability is Availability.UNKNOWN else "OutOfStock" if found.availability in GONE else "InStock"
    )
    price = "" if found.price is None else number(str(found.price))
    return {
        "price": price,
        "availability": stock,
        "sku": found.sku,
        "gtin": found.gtin,
        "mpn": found.mpn,
        "brand": found.brand,
    }


def is_development(key: str) -> bool:
    """Return whether rules may be made by looking at this page: every second one."""
    return int(key[:8], 16) % 2 == 0


def pages(folder: Path) -> dict[str, tuple[Page, dict[str, list[str]]]]:
    """Return every page with what it really says."""
    truth: dict[str, dict[str, list[str]]] = json.loads((folder / "ground-truth.json").read_text())
    return {
        key: (Page(str(said["url"]), gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())), said)
        for key, said in truth.items()
    }


def measure(folder: Path) -> tuple[dict[str, dict[str, Score]], list[str], float]:
    """Return scores by set of pages and field, a line for each miss, and pages read per second of processor time."""
    scores: dict[str, dict[str, Score]] = {"all": {}, "development": {}, "check": {}}
    misses: list[str] = []
    read = pages(folder)
    start = time.process_time()
    found = {key: extract(page) for key, (page, _) in read.items()}
    speed = len(read) / (time.process_time() - start)
    for key, (page, said) in read.items():
        half = "development" if is_development(key) else "check"
        for field, answer in answers(found[key]).items():
            accepted = {number(value.strip()) if field == "price" else value for value in said.get(field, [])}
            scores["all"].setdefault(field, Score()).add(accepted, answer)
            if not scores[half].setdefault(field, Score()).add(accepted, answer):
                evidence = next((f"{f.strategy} {f.where}" for f in found[key].findings if f.field.value == field), "")
                misses.append(
                    f"{half:11} {field:12} said {answer!r:28} is {sorted(accepted)!s:36} {key[:6]} {page.url[:60]} [{evidence}]"
                )
    return scores, misses, speed


def main() -> int:
    """Print the table, and with VERBOSE=1 every miss."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if not (folder / "ground-truth.json").is_file():
        print(
            f"There are no product pages in {folder}: name their folder with ENTREPOT_PRODUCT_PAGES, or leave this out."
        )
        return 0
    scores, misses, speed = measure(folder)
    table = Table("system", *(f"{name} {what}" for name in GOALS for what in ("F1", "P", "R")))
    for half, fields in scores.items():
        cells = [
            f"{value:.3f}" for name in GOALS for value in (fields[name].f1, fields[name].precision, fields[name].recall)
        ]
        table.add_row(f"Entrepot, {half} pages", *cells)
    for system, figures in PUBLISHED.items():
        table.add_row(system, *(cell for name in GOALS for cell in (f"{figures[name]:.3f}", "", "")))
    table.add_row("goal", *(cell for name in GOALS for cell in (f"{GOALS[name]:.2f}", "", "")))
    console = Console(width=140)
    console.print(table)
    others = ", ".join(f"{name} {scores['all'][name].f1:.3f}" for name in ("gtin", "mpn", "brand"))
    console.print(f"For information, F1 on all pages: {others}.  {speed:.0f} pages/s on one core, parsing included.")
    if os.environ.get("VERBOSE"):
        print("\n".join(sorted(misses)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
