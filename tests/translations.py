"""Collects every sentence that a person can see, and compares it with the translations.

``python -m tests.translations --update`` adds new sentences to the catalogues and drops those nobody uses.
"""

import io
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parents[1] / "src" / "entrepot"
LOCALE = SOURCE / "web" / "locale"
LANGUAGES = ("nl", "de")
METHODS = [
    ("sandbox/**", "ignore"),
    ("**.py", "tests.translations:marked"),
    ("**/templates/**.html", "jinja2"),
]
JINJA = {"newstyle_gettext": "true", "trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}
"""Silence would skip a template that the extraction cannot read, and with it all its sentences."""
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
MARK = re.compile(rb"\b(_|N_|gettext|ngettext)\s*\(")


def marked(module: BinaryIO, *how: Any, **options: Any) -> Iterable[Any]:  # noqa: ANN401 -- Babel's
    """Extract what a module marks.  Two modules of three mark nothing, and need not be read word by word."""
    if not MARK.search(module.read()):
        return ()
    module.seek(0)
    return extract_python(module, *how, **options)


@cache
def sentences() -> Catalog:
    """Return every marked sentence of the product."""
    catalogue = Catalog(project="Entrepot", charset="utf-8")
    found = extract_from_dir(
        str(SOURCE),
        method_map=METHODS,
        keywords=KEYWORDS,
        options_map={"**/templates/**.html": JINJA},
    )
    for filename, _line, message, _comments, context in found:
        catalogue.add(message, locations=[(filename, 0)], context=context)
    return catalogue


@cache
def stored(language: str) -> Catalog:
    """Return the catalogue of *language* as it is in the package."""
    path = LOCALE / f"{language}.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)


def update() -> None:
    """Bring the catalogues up to the sentences there are."""
    template = sentences()
    for language in LANGUAGES:
        catalogue = stored(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.project, catalogue.fuzzy = "Entrepot", False
        catalogue.header_comment = (
            f"# Entrepot in the language “{language}”.  Written by `python -m tests.translations`."
        )
        catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = "Entrepot"
        out = io.BytesIO()
        write_po(out, catalogue, width=0, no_location=True, sort_output=True, omit_header=False)
        (LOCALE / f"{language}.po").write_bytes(out.getvalue())
        missing = sum(1 for message in catalogue if message.id and not translated(message.string))
        print(f"{language}: {len(catalogue)} sentences, {missing} not translated")


def translated(string: object) -> bool:
    """Tell whether every form is there."""
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


if __name__ == "__main__" and "--update" in sys.argv:
    update()
