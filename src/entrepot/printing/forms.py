"""The forms of printing as the page components draw them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.printing import views
from entrepot.printing.automatic import OCCASIONS, offered
from entrepot.printing.domain import KIND_LABELS, PURPOSE_LABELS, RESOLUTIONS, ROUTED, Connection, PrinterKind, Purpose

CONNECTIONS = {
    Connection.NETWORK: N_("In the network (raw, port 9100)"),
    Connection.QUEUE: N_("A queue of the agent's machine (CUPS)"),
}


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
        "help": gettext(hint) if hint else "",
        "error": gettext(text) if (text := (problems or {}).get(name, "")) else "",
        "required": required,
        "options": list(options),
        **more,
    }


def station_fields(
    buildings: Iterable[tuple[UUID, str]],
    values: Mapping[str, object] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    may_share: bool = False,
) -> list[dict[str, Any]]:
    """Return the fields of a workstation."""
    values = values or {}
    none = {"value": "", "label": gettext(N_("None"))}
    fields = [
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, placeholder=gettext(N_("Packing 1"))),
        field(
            "warehouse_id", N_("Warehouse"), kind="select", value=str(values.get("warehouse_id") or ""), required=False,
            options=[none, *({"value": str(key), "label": name} for key, name in buildings)],
        ),
    ]  # fmt: skip
    if may_share:
        hint = N_("It can be changed by those alone who look at all sellers.")
        fields.append(field("shared", N_("For every seller"), kind="checkbox", required=False, hint=hint))
    return fields


def printer_fields(values: Mapping[str, object], problems: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the fields of a printer."""
    return [
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, placeholder="Zebra ZD421"),
        field(
            "kind", N_("Takes"), kind="select", value=str(values.get("kind", PrinterKind.ZPL)), problems=problems, half=True,
            options=[{"value": str(key), "label": gettext(label)} for key, label in KIND_LABELS.items()],
        ),
        field(
            "dpi", N_("Resolution"), kind="select", value=str(values.get("dpi", "")), problems=problems, half=True,
            options=[{"value": str(one), "label": f"{one} dpi"} for one in RESOLUTIONS],
        ),
        field(
            "connection", N_("Reached"), kind="select", value=str(values.get("connection", Connection.NETWORK)),
            problems=problems, options=[{"value": str(key), "label": gettext(name)} for key, name in CONNECTIONS.items()],
            hint=N_("As seen from the machine on which the print agent runs."),
        ),
        field(
            "address", N_("Address"), value=values.get("address", ""), problems=problems, half=True,
            hint=N_("Like 192.168.1.40:9100, or the name of the queue."),
        ),
        field(
            "media", N_("What lies in it"), value=values.get("media", ""), problems=problems, required=False, half=True,
            hint=N_("Millimetres, like 102x152, or A4. What is larger is refused; empty: anything."),
        ),
    ]  # fmt: skip


def media(printer: views.PrinterRow) -> str:
    """Return what lies in a printer, as it is written."""
    return f"{printer.width_mm}x{printer.height_mm}" if printer.width_mm and printer.height_mm else ""


def route_fields(printers: Iterable[views.PrinterRow]) -> list[dict[str, Any]]:
    """Return one choice of a printer for each purpose."""
    known = list(printers)
    options = [
        {"value": "", "label": gettext(N_("Not printed here"))},
        *({"value": str(one.id), "label": one.name} for one in known),
    ]
    chosen = {purpose: str(one.id) for one in known for purpose in one.purposes}
    return [
        field(
            str(purpose), PURPOSE_LABELS[purpose], kind="select", value=chosen.get(purpose, ""), required=False,
            options=options, half=True,
        )
        for purpose in ROUTED
    ]  # fmt: skip


def rule_fields(
    stations: Iterable[views.StationRow],
    values: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the fields of something that is printed by itself."""
    values = values or {}
    there = {"value": "", "label": gettext(N_("Where whoever did it stands"))}
    return [
        field(
            "what", N_("What is printed when"), kind="select", value=values.get("what", ""), problems=problems,
            options=[{"value": f"{topic}:{purpose}", "label": rule_label(topic, purpose)} for topic, purpose in offered()],
        ),
        field(
            "workstation_id", N_("At"), kind="select", value=values.get("workstation_id", ""), required=False, half=True,
            options=[there, *({"value": str(one.id), "label": one.name} for one in stations)],
        ),
        field(
            "copies", N_("Copies"), kind="number", value=values.get("copies", "1"), problems=problems, half=True,
            min=1, max=200, step=1, inputmode="numeric",
        ),
    ]  # fmt: skip


def rule_label(topic: str, purpose: Purpose) -> str:
    """Return what is printed when, in words."""
    return f"{gettext(OCCASIONS.get(topic, topic))}: {gettext(PURPOSE_LABELS[purpose])}"
