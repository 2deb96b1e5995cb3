"""No sentence is left in English."""

import re
from string import Formatter

import pytest

from tests.translations import LANGUAGES, sentences, stored, translated


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
