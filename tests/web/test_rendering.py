"""What templates say."""

from entrepot.web.rendering import template_environment


def test_a_percent_sign_is_meant_as_it_stands() -> None:
    say = template_environment().from_string('{{ _(name) }}, {{ _("VAT (%%)") }}, {{ _("%(n)s %% off", n=5) }}').render

    assert say(name="Margin (%)") == "Margin (%), VAT (%), 5 % off"
