"""No sentence is left in English."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment, nodes

from entrepot.kit.i18n import LOCALES
from tests.translations import LANGUAGES, SOURCE, sentences, stored, translated

pytestmark = pytest.mark.xdist_group("translations")
"""Finding every sentence takes seconds: one process does it, once."""


def placeholders(text: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text.replace("%(", "{").replace(")s", "}")) if name}
    return named | set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    catalogue = stored(language)
    missing = [
        str(message.id)
        for message in sentences()
        if message.id and ((known := catalogue.get(message.id)) is None or not translated(known.string))
    ]

    assert missing == [], "Run `python -m tests.translations --update` and translate the new sentences."


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language: str) -> None:
    for message in stored(language):
        if not message.id or isinstance(message.id, (tuple, list)):
            continue
        assert placeholders(str(message.id)) == placeholders(str(message.string)), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_no_translations_of_nothing(language: str) -> None:
    known = sentences()

    assert [str(message.id) for message in stored(language) if message.id and known.get(message.id) is None] == []


UNTRANSLATED = {
    "Entrepot", "bol", "CSV", "API", "ZPL", "PDF", "ms", "kB", "mm", "Ctrl", "Ctrl K", "Esc", "https", "EUR", "nl_NL",
}  # fmt: skip
"""Names, file formats, units and keys: the same in every language."""
LANGUAGE_NAMES = set(LOCALES.values())
SPOKEN = ("title", "placeholder", "aria-label", "alt", "data-confirm")
"""Attributes that people read or hear."""
TEMPLATES = sorted(path for path in SOURCE.glob("**/templates/**/*.html") if "sandbox" not in path.parts)
GAP = "\0"
"""Stands where the template computes something."""


def words(text: str) -> set[str]:
    pieces = {piece.strip(" \n\t·–:/()-") for piece in re.split(r"[\0\1]|&\w+;", text)}
    return {piece for piece in pieces - UNTRANSLATED if re.search(r"[^\W\d_]{2}", piece)}


def pure_html(source: str) -> str:
    source = re.sub(r"\{%-?\s*block body_class.*?endblock\s*-?%\}", "", source, flags=re.DOTALL)
    tokens = Environment(autoescape=True).lex(source)
    gaps = {"variable_begin", "block_begin"}
    html = "".join(GAP if kind in gaps else value for _, kind, value in tokens if kind == "data" or kind in gaps)
    return re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)


def bare_text(source: str) -> set[str]:
    """Return what a template says without translating it: between tags, and in attributes."""
    html = pure_html(source)
    spoken = re.findall(rf'\b(?:{"|".join(SPOKEN)})="([^"]*)"', html)
    between = re.sub(r"<[^<>]*>", "\1", html)
    # A macro that writes attributes has text of its own outside any tag: names and values, never words and spaces.
    sentences_between = {word for word in words(between) if not re.fullmatch(r"[a-z-]*(=\".*)?|-?[a-z]+", word)}
    return sentences_between.union(*map(words, spoken))


def bare_constants(node: nodes.Node) -> Iterator[str]:
    """Yield the texts in expressions that reach a page, a macro or an attribute without being translated."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in {"_", "ngettext"}:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from bare_constants(child)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_templates_say_nothing_outside_the_translations(template: Path) -> None:
    source = template.read_text()
    tree = Environment(autoescape=True, extensions=["jinja2.ext.do", "jinja2.ext.i18n"]).parse(source)
    sentences_in_code = {text for text in bare_constants(tree) if re.match(r"[A-Z][a-z]+", text)} - LANGUAGE_NAMES

    assert bare_text(source) | sentences_in_code == set(), "Wrap what people read in `_()`."


def test_bare_text_is_found() -> None:
    source = '<p title="Nobody here">Nobody is here</p>{{ _("Orders") }}<b class="x y">{{ count }} kB</b>'

    assert bare_text(source) == {"Nobody here", "Nobody is here"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_keep_their_placeholders(language: str) -> None:
    for message in stored(language):
        if not isinstance(message.id, (tuple, list)) or not isinstance(message.string, (tuple, list)):
            continue
        # The singular may say "every second" without its number; a translation follows each form.
        for source, form in zip(message.id, message.string, strict=True):
            assert placeholders(form) == placeholders(source), message.id
