"""Credentials as a form, as plain values to encrypt, and as what must never be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from entrepot.erp.contract import ErpCredentials
from entrepot.erp.errors import ErpCredentialsInvalidError
from entrepot.erp.spec import ErpSpec
from entrepot.kit import i18n
from entrepot.kit.redaction import Redactor
from entrepot.kit.text import N_

KEPT = N_("Leave empty to keep what is stored.")
NEEDED = N_("Fill this in.")
WRONG = N_("This does not look right.")
CHOOSE = N_("Choose one of these.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpField:
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


def form_fields(
    spec: ErpSpec[Any],
    *,
    values: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    stored: ErpCredentials | None = None,
) -> list[ErpField]:
    """Return the form of a connector's credentials.

    Args:
        spec: the connector.
        values: what was entered; secrets among it are not shown again.
        problems: what is wrong with it, by field.
        stored: the credentials that empty fields keep; its secrets are not shown.
    """
    fields: list[ErpField] = []
    for name, field in spec.credentials.model_fields.items():
        secret = is_secret(field)
        kept = None if stored is None or secret else str(getattr(stored, name))
        default = "" if field.is_required() or secret or field.default is None else str(field.default)
        choices = choices_of(field)
        kind = "password" if secret else "select" if choices else "text"
        fields.append(
            ErpField(
                name=name,
                title=field.title or name,
                hints=(field.description or "", KEPT) if secret and stored is not None else (field.description or "",),
                problem=(problems or {}).get(name, ""),
                type=kind,
                value="" if secret else (values or {}).get(name, default if kept is None else kept),
                required=bool(choices) or (is_needed(field) and not (secret and stored is not None)),
                autocomplete="new-password" if secret else "off",
                advanced=is_advanced(field),
                choices=choices,
            )
        )
    return fields


def parse_credentials(
    spec: ErpSpec[Any], values: Mapping[str, str], *, stored: ErpCredentials | None = None
) -> ErpCredentials:
    """Return the credentials that *values* spell; secrets left empty are taken from *stored*.

    Raises:
        ErpCredentialsInvalidError: names each wrong field; never repeats a value.
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
        parsed: ErpCredentials = spec.credentials.model_validate(entered)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for item in error.errors(include_url=False, include_input=False):
            context = item.get("ctx", {})
            name = str(item["loc"][0]) if item["loc"] else str(getattr(context.get("error"), "field", "credentials"))
            problems.setdefault(name, _sentence(item["type"], str(item["msg"])))
        raise ErpCredentialsInvalidError(problems) from None
    return parsed


class FieldProblem(ValueError):  # noqa: N818 -- a finding about a form, not a fault of the program
    """Raised by a model's validator of several fields: names the one to change."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def _sentence(kind: str, message: str) -> str:
    if kind in {"missing", "string_too_short"}:
        return NEEDED
    if kind == "literal_error":
        return CHOOSE
    return message.removeprefix("Value error, ") if kind == "value_error" else WRONG


def plain_values(credentials: ErpCredentials) -> dict[str, str]:
    """Return the values with secrets in plain text, to be encrypted."""
    values: dict[str, str] = {}
    for name in type(credentials).model_fields:
        value = getattr(credentials, name)
        if value is not None:
            values[name] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return values


def redactor_for(credentials: ErpCredentials) -> Redactor:
    """Return a redactor that knows the secrets among *credentials*."""
    return Redactor(
        value.get_secret_value()
        for name in type(credentials).model_fields
        if isinstance(value := getattr(credentials, name), SecretStr)
    )
