"""Credentials as a form, as plain values to encrypt, and as what must never be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from entrepot.channels.contract import Credentials
from entrepot.channels.errors import CredentialsInvalidError
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit import i18n
from entrepot.kit.redaction import Redactor
from entrepot.kit.text import N_

KEPT = N_("Leave empty to keep what is stored.")
NEEDED = N_("Fill this in.")
WRONG = N_("This does not look right.")


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

    @property
    def label(self) -> str:
        return i18n.gettext(self.title)

    @property
    def help(self) -> str:
        return " ".join(i18n.gettext(hint) for hint in self.hints)

    @property
    def error(self) -> str:
        return i18n.gettext(self.problem)


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field of a credentials model is never shown."""
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def is_advanced(field: FieldInfo) -> bool:
    """Tell whether a field is shown folded away."""
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get("advanced"))


def form_fields(
    spec: ConnectorSpec[Any],
    *,
    values: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    stored: Credentials | None = None,
) -> list[FormField]:
    """Return the form of a connector's credentials.

    Args:
        spec: the connector.
        values: what was entered; secrets among it are not shown again.
        problems: what is wrong with it, by field.
        stored: the credentials that empty fields keep; its secrets are not shown.
    """
    fields: list[FormField] = []
    for name, field in spec.credentials.model_fields.items():
        secret = is_secret(field)
        kept = "" if stored is None or secret else str(getattr(stored, name) or "")
        default = "" if field.is_required() or secret or field.default is None else str(field.default)
        fields.append(
            FormField(
                name=name,
                title=field.title or name,
                hints=(field.description or "", KEPT) if secret and stored is not None else (field.description or "",),
                problem=(problems or {}).get(name, ""),
                type="password" if secret else "text",
                value="" if secret else (values or {}).get(name, kept or default),
                required=field.is_required() and not (secret and stored is not None),
                autocomplete="new-password" if secret else "off",
                advanced=is_advanced(field),
            )
        )
    return fields


def parse_credentials(
    spec: ConnectorSpec[Any], values: Mapping[str, str], *, stored: Credentials | None = None
) -> Credentials:
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
        elif is_secret(field) and name in kept:
            entered[name] = kept[name]
    try:
        parsed: Credentials = spec.credentials.model_validate(entered)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for item in error.errors(include_url=False, include_context=True, include_input=False):
            name = str(item["loc"][0]) if item["loc"] else "credentials"
            problems[name] = _sentence(item["type"], str(item["msg"]))
        raise CredentialsInvalidError(problems) from None
    return parsed


def _sentence(kind: str, message: str) -> str:
    if kind in {"missing", "string_too_short"}:
        return NEEDED
    return message.removeprefix("Value error, ") if kind == "value_error" else WRONG


def plain_values(credentials: Credentials) -> dict[str, str]:
    """Return the values with secrets in plain text, to be encrypted."""
    values: dict[str, str] = {}
    for name in type(credentials).model_fields:
        value = getattr(credentials, name)
        if value is not None:
            values[name] = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return values


def redactor_for(credentials: Credentials) -> Redactor:
    """Return a redactor that knows the secrets among *credentials*."""
    return Redactor(
        value.get_secret_value()
        for name in type(credentials).model_fields
        if isinstance(value := getattr(credentials, name), SecretStr)
    )
