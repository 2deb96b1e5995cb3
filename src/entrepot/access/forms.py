"""The forms of access as the page components draw them."""

from collections.abc import Iterable, Mapping
from typing import Any

from entrepot.access.principal import SellerRef
from entrepot.access.rights import LABELS, Right
from entrepot.access.views import RoleView
from entrepot.kit.clock import time_zones
from entrepot.kit.i18n import LOCALES, gettext
from entrepot.kit.text import N_

GROUPS = {
    "catalog": N_("Products"),
    "inventory": N_("Stock"),
    "warehouses": N_("Stock"),
    "channels": N_("Channels"),
    "erp": N_("Channels"),
    "offers": N_("Channels"),
    "orders": N_("Orders"),
    "invoices": N_("Orders"),
    "fulfilment": N_("Shipping"),
    "carriers": N_("Shipping"),
    "printing": N_("Shipping"),
}
"""First part of a right -> heading it stands under; the others are about running the hub."""


def field(
    name: str, label: str, *, kind: str = "text", value: object = "", problems: Mapping[str, str] | None = None,
    required: bool = True, hint: str = "", options: Iterable[Mapping[str, object]] = (), **more: object,
) -> dict[str, Any]:  # fmt: skip
    """Return one field.  *label*, *hint* and the problem are in English and translated here."""
    return {
        "name": name,
        "label": gettext(label),
        "type": kind,
        "value": value,
        "help": gettext(hint),
        "error": gettext((problems or {}).get(name, "")),
        "required": required,
        "options": list(options),
        **more,
    }


def sign_in_fields(email: str = "") -> list[dict[str, Any]]:
    """Return the fields of the sign-in page."""
    return [
        field("email", N_("E-mail address"), kind="email", value=email, autocomplete="username", autofocus=not email),
        field("password", N_("Password"), kind="password", autocomplete="current-password", autofocus=bool(email)),
    ]


def new_password_field(problems: Mapping[str, str] | None = None, label: str = N_("New password")) -> dict[str, Any]:
    """Return the field for a password that is being chosen."""
    return field(
        "password", label, kind="password", problems=problems, autocomplete="new-password",
        hint=N_("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
    )  # fmt: skip


def seller_fields(values: Mapping[str, object], problems: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the fields of a seller."""
    return [
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, autocomplete="organization"),
        field(
            "currency", N_("Currency"), value=values.get("currency", "EUR"), problems=problems, half=True, maxlength=3,
            hint=N_("Three letters, like EUR."),
        ),
        field(
            "country", N_("Country"), value=values.get("country", "NL"), problems=problems, half=True, maxlength=2,
            hint=N_("Two letters, like NL."),
        ),
    ]  # fmt: skip


def profile_fields(values: Mapping[str, object], problems: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the fields of one's own settings."""
    zones = sorted(zone for zone in time_zones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    return [
        field("name", N_("Name"), value=values["name"], problems=problems, autocomplete="name"),
        field(
            "locale", N_("Language"), kind="select", value=values["locale"], problems=problems, half=True,
            options=[{"value": key, "label": name} for key, name in LOCALES.items()],
        ),
        field(
            "time_zone", N_("Time zone"), kind="select", value=values["time_zone"], problems=problems, half=True,
            options=[{"value": zone, "label": zone.replace("_", " ")} for zone in ["UTC", *zones]],
        ),
    ]  # fmt: skip


def role_name(role: RoleView) -> str:
    """Return what a role is called on pages: built-in ones in the reader's language."""
    return gettext(role.name) if role.key else role.name


def role_options(roles: Iterable[RoleView]) -> list[dict[str, object]]:
    """Return the choices of a role."""
    return [{"value": role.id, "label": role_name(role)} for role in roles]


def seller_options(sellers: Iterable[SellerRef], *, everyone: bool) -> list[dict[str, object]]:
    """Return the choices of whom someone works for."""
    whole: list[dict[str, object]] = (
        [{"value": "all", "label": gettext(N_("The whole hub: every seller"))}] if everyone else []
    )
    return [*whole, *({"value": seller.id, "label": seller.name} for seller in sellers)]


def right_groups(offered: Iterable[Right], chosen: Iterable[str]) -> list[dict[str, Any]]:
    """Return rights to tick, under headings."""
    picked = set(chosen)
    groups: dict[str, list[dict[str, Any]]] = {}
    for right in Right:
        if right in set(offered):
            heading = GROUPS.get(right.value.partition(".")[0], N_("Running the hub"))
            groups.setdefault(heading, []).append(
                {"value": right.value, "label": gettext(LABELS[right]), "checked": right.value in picked}
            )
    return [{"label": gettext(heading), "rights": rights} for heading, rights in groups.items()]
