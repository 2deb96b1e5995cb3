"""The forms of the stock as the page components draw them."""

from collections.abc import Iterable, Mapping
from typing import Any

from entrepot.inventory.domain import ADJUST_REASONS, LOCATION_KINDS, LocationKind
from entrepot.inventory.views import LocationView, WarehouseView
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

type Field = dict[str, Any]
type Problems = Mapping[str, str]

LABELS = {
    "product": N_("Product (SKU or barcode)"),
    "location": N_("Location"),
    "origin": N_("From location"),
    "target": N_("To location"),
    "quantity": N_("Quantity"),
    "change": N_("Change (minus for fewer)"),
    "reason": N_("Reason"),
    "along": N_("Reservations go along"),
    "warehouse_id": N_("Warehouse"),
    "lot": N_("Lot"),
    "expires_on": N_("Last day of sale"),
}


def field(
    name: str,
    label: str = "",
    *,
    kind: str = "text",
    value: object = "",
    problems: Problems | None = None,
    required: bool = True,
    hint: str = "",
    options: Iterable[Mapping[str, object]] = (),
    **more: object,
) -> Field:
    """Return one field.  *label* and *hint* are in English and translated here; the problem is a finished sentence."""
    return {
        "name": name,
        "label": gettext(label or LABELS[name]),
        "type": kind,
        "value": value,
        "help": gettext(hint),
        "error": (problems or {}).get(name, ""),
        "required": required,
        "options": list(options),
        **more,
    }


def sentence(error: EntrepotError) -> str:
    """Return what *error* says, in the language of the request."""
    return gettext(error.message).format(**error.facts)


def warehouse_field(warehouses: Iterable[WarehouseView], value: object, *, required: bool = False) -> Field:
    """Return the choice of a building."""
    return field("warehouse_id", kind="select", value=value, required=required, options=warehouse_options(warehouses))


def warehouse_options(warehouses: Iterable[WarehouseView]) -> list[dict[str, str]]:
    """Return the buildings to choose from."""
    return [{"value": str(warehouse.id), "label": f"{warehouse.code} · {warehouse.name}"} for warehouse in warehouses]


def change_fields(location: LocationView) -> list[Field]:
    """Return the form of what may change of a location."""
    return [
        field("name", N_("Name"), value=location.name, required=False, maxlength=200),
        field("walk_order", N_("Place on the picker's way"), value=location.walk_order, inputmode="numeric"),
        field(
            "max_units",
            N_("Units that fit"),
            value=location.max_units or "",
            required=False,
            inputmode="numeric",
            hint=N_("Put-away suggests no place that is full. Leave empty if it does not matter."),
        ),
        field(
            "pickable",
            N_("Goods here may be promised to orders"),
            kind="checkbox",
            value=location.pickable,
            required=False,
        ),
    ]


def movement_fields(names: Iterable[str], values: Mapping[str, str], problems: Problems, focus: str) -> list[Field]:
    """Return the fields of a scanner form, the next one to scan in focus."""
    scanned: dict[str, Any] = {"autocomplete": "off", "maxlength": 200}
    fields: list[Field] = []
    for name in names:
        common: dict[str, Any] = {
            "value": values.get(name, ""),
            "problems": problems,
            "autofocus": name == focus,
        }
        if name in {"quantity", "change"}:
            common |= {"inputmode": "numeric" if name == "quantity" else "text", "autocomplete": "off"}
            fields.append(field(name, **common))
        elif name == "reason":
            reasons = [{"value": key, "label": gettext(label)} for key, label in ADJUST_REASONS.items()]
            fields.append(field(name, kind="select", options=reasons, **common))
        elif name == "expires_on":
            fields.append(field(name, kind="date", required=False, **common))
        elif name == "lot":
            hint = N_("What the label says; empty for goods that are not kept by lot.")
            fields.append(field(name, required=False, hint=hint, **common, **scanned))
        elif name == "along":
            hint = N_("Also take units that are promised to orders; their pick lists then name the new place.")
            fields.append(field(name, kind="checkbox", required=False, hint=hint, **common))
        else:
            fields.append(field(name, **common, **scanned))
    return fields


def warehouse_fields(values: Mapping[str, str], problems: Problems) -> list[Field]:
    """Return the form of a new building."""
    return [
        field("code", N_("Code"), value=values.get("code", ""), problems=problems, maxlength=40, autofocus=True,
              hint=N_("Short, as on labels: MAIN, HALL-2.")),
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, required=False, maxlength=200),
        field("address", N_("Address"), kind="textarea", value=values.get("address", ""), required=False, rows=3),
        field("time_zone", N_("Time zone"), value=values.get("time_zone", "Europe/Amsterdam"), problems=problems),
    ]  # fmt: skip


def location_fields(values: Mapping[str, str], problems: Problems) -> list[Field]:
    """Return the form of a new location."""
    kinds = [
        {"value": str(kind), "label": gettext(label)}
        for kind, label in LOCATION_KINDS.items()
        if kind is not LocationKind.SLOT
    ]
    return [
        field("kind", N_("Kind"), kind="select", value=values.get("kind", "shelf"), options=kinds, half=True),
        field("code", N_("Code"), value=values.get("code", ""), problems=problems, maxlength=40, half=True,
              hint=N_("Unique in the warehouse, as on its label.")),
        field("name", N_("Name"), value=values.get("name", ""), required=False, maxlength=200, half=True),
        field("barcode", N_("Barcode"), value=values.get("barcode", ""), required=False, maxlength=200, half=True,
              hint=N_("Leave empty if its label shows the code.")),
        field("capacity", N_("Slots"), value=values.get("capacity", ""), problems=problems, required=False, half=True,
              inputmode="numeric", hint=N_("Only for a box: it gets this many numbered slots.")),
        field("walk_order", N_("Place on the picker's way"), value=values.get("walk_order", ""), problems=problems,
              required=False, inputmode="numeric", half=True, hint=N_("Leave empty for the end.")),
        field("max_units", N_("Units that fit"), value=values.get("max_units", ""), problems=problems, required=False,
              inputmode="numeric", half=True, hint=N_("Of a box: into each slot. Leave empty if it does not matter.")),
    ]  # fmt: skip
