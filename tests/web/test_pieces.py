"""The pieces of every cell, as people of three languages read them."""

from collections.abc import Generator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from markupsafe import Markup

from entrepot.kit import i18n
from entrepot.web.pieces import Pieces, show_amount, show_count, show_status, show_time
from entrepot.web.rendering import template_environment


@pytest.fixture(autouse=True)
def language() -> Generator[None]:
    token = i18n.locale.set("en")
    yield
    i18n.locale.reset(token)


def test_numbers_and_money_are_written_as_the_reader_writes_them() -> None:
    written = {}
    for code in i18n.LOCALES:
        i18n.locale.set(code)
        written[code] = (
            show_count(1234567),
            show_count(Decimal("1234.56"), 1),
            show_amount(Decimal("-1234.5"), "EUR"),
            show_amount(Decimal(1200), "JPY"),
            show_amount(Decimal(5), "CHF"),
        )

    minus = "\N{MINUS SIGN}"
    assert written == {
        "en": (
            "1,234,567",
            "1,234.6",
            f'<span class="money">{minus}€1,234.50</span>',
            '<span class="money">¥1,200</span>',
            '<span class="money">CHF&nbsp;5.00</span>',
        ),
        "nl": (
            "1.234.567",
            "1.234,6",
            f'<span class="money">€&nbsp;{minus}1.234,50</span>',
            '<span class="money">¥&nbsp;1.200</span>',
            '<span class="money">CHF&nbsp;5,00</span>',
        ),
        "de": (
            "1.234.567",
            "1.234,6",
            f'<span class="money">{minus}1.234,50&nbsp;€</span>',
            '<span class="money">1.200&nbsp;¥</span>',
            '<span class="money">5,00&nbsp;CHF</span>',
        ),
    }


def test_a_status_is_said_in_words_and_an_unknown_one_as_it_is_spelt() -> None:
    assert show_status("on-hold") == '<span class="tag tag-warning tag-status">On hold</span>'
    assert show_status("half_<b>_way") == '<span class="tag tag-neutral tag-status">Half &lt;b&gt; way</span>'
    assert show_status("open", label="Ours", tone="danger") == '<span class="tag tag-danger tag-status">Ours</span>'

    i18n.locale.set("de")
    assert "Zugestellt" in show_status("delivered")


def test_moments_tell_the_browser_how_to_show_them() -> None:
    moment = datetime(2026, 11, 22, 4, 5, tzinfo=UTC)

    assert show_time(moment) == (
        '<time datetime="2026-11-22T04:05:00+00:00" data-time="relative">2026-11-22 04:05</time>'
    )
    assert show_time(date(2026, 11, 22), "date") == '<time datetime="2026-11-22" data-time="date">2026-11-22</time>'
    assert show_time(moment, "time").endswith(">04:05</time>")
    assert show_time(None) == '<span class="text-secondary">–</span>'


def test_what_others_wrote_is_escaped_and_what_is_markup_stays() -> None:
    pieces = Pieces("/icons.svg")

    assert pieces.badge("<i>", icon="x") == (
        '<span class="tag tag-neutral"><svg class="icon " aria-hidden="true"><use href="/icons.svg#i-x"></use></svg>'
        "&lt;i&gt;</span>"
    )
    assert "<i>" in pieces.badge(Markup("<i>"))
    assert ' role="img" aria-label="&#34;"' in pieces.icon("x", label='"')


def test_a_sentence_is_kept_for_each_language_and_its_values_are_escaped() -> None:
    say = template_environment().from_string('{{ _("Cancel") }} {{ _("%(done)s of %(total)s", done=1, total="<") }}')

    assert say.render() == "Cancel 1 of &lt;"
    i18n.locale.set("nl")
    assert say.render() == "Annuleren 1 van &lt;"
