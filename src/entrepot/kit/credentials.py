"""The form that connects an account outside: its name, its credentials, and what must never be shown of them.

A connector describes what it wants to know as a pydantic model.  A field's title and description are the form's words;
``json_schema_extra`` may say more: ``advanced`` folds it away, ``needed`` marks one that is usually filled in although
another could stand for it, ``choices`` gives the values of a ``Literal`` their words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from entrepot.kit import i18n
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.redaction import Redactor
from entrepot.kit.text import N_

KEPT = N_("Leave empty to keep what is stored.")
NEEDED = N_("Fill this in.")
WRONG = N_("This does not look right.")
CHOOSE = N_("Choose one of these.")
NAME_NEEDED = N_("Give the account a name of at most 80 characters.")
LONGEST_NAME = 80


class CredentialsInvalidError(InvalidInputError):
    """The form of an account outside is not filled in rightly; never repeats what was entered."""

    code = "kit.credentials_invalid"


class FieldProblem(ValueError):  # noqa: N818 -- a finding about a form, not a fault of the program
    """Raised by a model's validator of several fields: names the one to change."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


class TakesCredentials[C: BaseModel](Protocol):
    """What is known about a connector without running it, as far as it concerns the form."""

    @property
    def credentials(self) -> type[C]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form, as the form components read it.  Its texts are translated when they are shown."""

    name: str
    title: str
    hints: tuple[str, ...] = ()
    problem: str = ""
    type: str = "text"
    value: str = ""
    required: bool = False
    autocomplete: str = "off"
    advanced: bool = False
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        return i18n.gettext(self.title)

    @property
    def help(self) -> str:
        return " ".join(i18n.gettext(hint) for hint in self.hints if hint)

    @property
    def error(self) -> str:
        return i18n.gettext(self.problem) if self.problem else ""

    @property
    def options(self) -> list[dict[str, str]]:
        return [{"value": value, "label": i18n.gettext(words)} for value, words in self.choices]


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field of a credentials model is never shown."""
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def is_advanced(field: FieldInfo) -> bool:
    """Tell whether a field is shown folded away."""
    return bool(_extra(field).get("advanced"))


def is_needed(field: FieldInfo) -> bool:
    """Tell whether a field is usually filled in: it must be, or another one would have to stand for it."""
    return field.is_required() or bool(_extra(field).get("needed"))


def choices_of(field: FieldInfo) -> tuple[tuple[str, str], ...]:
    """Return the values a field may have, each with its words; nothing for a field of any text."""
    if get_origin(field.annotation) is not Literal:
        return ()
    words = _extra(field).get("choices", {})
    return tuple((str(value), str(words.get(value, value))) for value in get_args(field.annotation))


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def form_fields[C: BaseModel](
    spec: TakesCredentials[C],
    *,
    values: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    stored: C | None = None,
) -> list[FormField]:
    """Return the form of a connector's credentials.

    Args:
        spec: the connector.
        values: what was entered; secrets among it are not shown again.
        problems: what is wrong with it, by field.
        stored: the credentials that empty fields keep; its secrets are not shown.
    """
    return [
        _form_field(name, field, values or {}, (problems or {}).get(name, ""), stored)
        for name, field in spec.credentials.model_fields.items()
    ]


def _form_field(
    name: str, field: FieldInfo, values: Mapping[str, str], problem: str, stored: BaseModel | None
) -> FormField:
    secret, choices = is_secret(field), choices_of(field)
    keeps = secret and stored is not None
    shown = field.get_default(call_default_factory=False) if stored is None else getattr(stored, name)
    known = "" if secret or shown is None or (stored is None and field.is_required()) else str(shown)
    return FormField(
        name=name,
        title=field.title or name,
        hints=(field.description or "", KEPT if keeps else ""),
        problem=problem,
        type="password" if secret else "select" if choices else "text",
        value="" if secret else values.get(name, known),
        required=bool(choices) or (is_needed(field) and not keeps),
        autocomplete="new-password" if secret else "off",
        advanced=is_advanced(field),
        choices=choices,
    )


def parse_credentials[C: BaseModel](
    spec: TakesCredentials[C], values: Mapping[str, str], *, stored: C | None = None
) -> C:
    """Return the credentials that *values* spell; secrets left empty are taken from *stored*.

    Raises:
        CredentialsInvalidError: names each wrong field; never repeats a value.
    """
    entered: dict[str, str] = {}
    kept = plain_values(stored) if stored is not None else {}
    for name, field in spec.credentials.model_fields.items():
        value = values.get(name, "").strip()
        if value:
            entered[name] = value
        elif is_secret(field) and kept.get(name):
            entered[name] = kept[name]
    try:
        return spec.credentials.model_validate(entered)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for item in error.errors(include_url=False, include_input=False):
            context = item.get("ctx", {})
            name = str(item["loc"][0]) if item["loc"] else str(getattr(context.get("error"), "field", "credentials"))
            problems.setdefault(name, _sentence(item["type"], str(item["msg"])))
        raise CredentialsInvalidError(problems) from None


def _sentence(kind: str, message: str) -> str:
    if kind in {"missing", "string_too_short"}:
        return NEEDED
    if kind == "literal_error":
        return CHOOSE
    return message.removeprefix("Value error, ") if kind == "value_error" else WRONG


def name_field(values: Mapping[str, str], problems: Mapping[str, str]) -> FormField:
    """Return the field every account outside has: what it is called here."""
    return FormField(
        name="name",
        title=N_("Name of the account"),
        hints=(N_("As you will recognise it in lists."),),
        problem=problems.get("name", ""),
        value=values.get("name", ""),
        required=True,
    )


def name_problems(values: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the name, by field; nothing if it will do."""
    return {} if 1 <= len(values.get("name", "").strip()) <= LONGEST_NAME else {"name": NAME_NEEDED}


def account_name(values: Mapping[str, str]) -> str:
    """Return the name.

    Raises:
        CredentialsInvalidError: it is empty or too long.
    """
    if problems := name_problems(values):
        raise CredentialsInvalidError(problems)
    return values["name"].strip()


def plain_values(credentials: BaseModel) -> dict[str, str]:
    """Return the values with secrets in plain text, to be encrypted."""
    values: dict[str, str] = {}
    for name in type(credentials).model_fields:
        value = getattr(credentials, name)
        if value is not None:
            values[name] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return values


def redactor_for(credentials: BaseModel) -> Redactor:
    """Return a redactor that knows the secrets among *credentials*."""
    return Redactor(
        value.get_secret_value()
        for name in type(credentials).model_fields
        if isinstance(value := getattr(credentials, name), SecretStr)
    )
