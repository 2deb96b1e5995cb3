"""The form of an account outside: what it shows, what it takes, and what it never repeats."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, model_validator

from entrepot.kit.credentials import (
    CHOOSE,
    KEPT,
    NAME_NEEDED,
    NEEDED,
    WRONG,
    CredentialsInvalidError,
    FieldProblem,
    account_name,
    form_fields,
    name_problems,
    parse_credentials,
    plain_values,
    redactor_for,
)


class ShopCredentials(BaseModel):
    key: Annotated[str, Field(title="Key", description="From the shop.", min_length=1)]
    secret: Annotated[SecretStr, Field(title="Secret", min_length=1)]
    region: Annotated[
        Literal["eu", "us"], Field(title="Region", json_schema_extra={"choices": {"eu": "Europe", "us": "America"}})
    ] = "eu"
    port: Annotated[int, Field(title="Port", json_schema_extra={"advanced": True})] = 443
    spare: Annotated[SecretStr | None, Field(title="Spare secret")] = None

    @model_validator(mode="after")
    def _no_port_of_mail(self) -> Self:
        if self.port == 25:
            raise FieldProblem("port", "That is for mail.")
        return self


@dataclass(frozen=True, slots=True)
class Spec:
    credentials: type[ShopCredentials] = ShopCredentials


SPEC = Spec()
STORED = ShopCredentials(key="k", secret=SecretStr("hush-hush-1"), region="us")


def refused(values: dict[str, str]) -> dict[str, str]:
    with pytest.raises(CredentialsInvalidError) as caught:
        parse_credentials(SPEC, values)
    return caught.value.problems


def test_each_wrong_field_is_named_with_what_to_do() -> None:
    assert refused({}) == {"key": NEEDED, "secret": NEEDED}
    assert refused({"key": "k", "secret": "s", "region": "mars"}) == {"region": CHOOSE}
    assert refused({"key": "k", "secret": "s", "port": "many"}) == {"port": WRONG}
    assert refused({"key": "k", "secret": "s", "port": "25"}) == {"port": "That is for mail."}


def test_a_secret_left_empty_is_kept_and_other_fields_are_not() -> None:
    changed = parse_credentials(SPEC, {"key": " new ", "secret": ""}, stored=STORED)

    assert changed == ShopCredentials(key="new", secret=SecretStr("hush-hush-1"), region="eu")


def test_the_form_shows_what_is_stored_but_no_secret() -> None:
    fields = {field.name: field for field in form_fields(SPEC, stored=STORED)}

    assert fields["region"].value == "us"
    assert fields["region"].options == [{"value": "eu", "label": "Europe"}, {"value": "us", "label": "America"}]
    assert fields["port"].advanced
    assert fields["port"].value == "443"
    assert (fields["secret"].value, fields["secret"].type, fields["secret"].required) == ("", "password", False)
    assert KEPT in fields["secret"].help
    assert fields["key"].required


def test_an_empty_form_shows_defaults_and_what_is_needed() -> None:
    fields = {field.name: field for field in form_fields(SPEC)}

    assert [name for name, field in fields.items() if field.required] == ["key", "secret", "region"]
    assert {name: field.value for name, field in fields.items() if field.value} == {"region": "eu", "port": "443"}


def test_what_was_entered_is_shown_again_with_its_problem() -> None:
    entered = {"key": "", "secret": "typed", "port": "25"}
    fields = {field.name: field for field in form_fields(SPEC, values=entered, problems={"key": NEEDED})}

    assert fields["key"].error == NEEDED
    assert fields["port"].value == "25"
    assert fields["secret"].value == ""


@given(st.text(max_size=100))
def test_a_name_has_at_most_80_characters(name: str) -> None:
    if 1 <= len(name.strip()) <= 80:
        assert account_name({"name": name}) == name.strip()
    else:
        assert name_problems({"name": name}) == {"name": NAME_NEEDED}


def test_secrets_are_known_to_the_redactor_and_to_nobody_else() -> None:
    assert plain_values(STORED) == {"key": "k", "secret": "hush-hush-1", "region": "us", "port": "443"}
    assert "hush-hush-1" not in redactor_for(STORED).text("password hush-hush-1")
