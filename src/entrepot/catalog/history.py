"""What happened to a product, in sentences."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from entrepot.catalog.imports import COLUMNS
from entrepot.jobs.naming import author
from entrepot.kit.i18n import gettext
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_

LABELS = {column.key: column.label for column in COLUMNS}


def timeline(events: Iterable[RecordedEvent]) -> list[dict[str, Any]]:
    """Return entries for the timeline of a page, the newest first."""
    return [_entry(event) for event in events]


def _entry(event: RecordedEvent) -> dict[str, Any]:
    text, detail, icon = gettext(N_("Something happened: {topic}")).format(topic=event.topic), "", "point-filled"
    match event.topic:
        case "catalog.product_created":
            text, icon = gettext(N_("Product made")), "plus"
        case "catalog.product_changed":
            changes: dict[str, list[Any]] = event.payload["changes"]
            text, detail, icon = _change(changes), _differences(changes), "pencil"
        case "documents.attached":
            text, icon = gettext(N_("{name} attached")).format(name=event.payload["name"]), "upload"
        case "documents.removed":
            text, icon = gettext(N_("{name} removed")).format(name=event.payload["name"]), "trash"
        case "inventory.stock_changed":
            text, icon = gettext(N_("Stock changed")), "packages"
        case _:
            pass
    moment: datetime = event.recorded_at
    return {
        "time": moment,
        "actor": author(event.actor_kind, event.actor_name),
        "text": text,
        "detail": detail,
        "icon": icon,
    }


def _change(changes: dict[str, list[Any]]) -> str:
    if set(changes) == {"active"}:
        return gettext(N_("Brought back") if changes["active"][1] else N_("Archived"))
    return gettext(N_("{fields} changed")).format(fields=", ".join(gettext(LABELS.get(name, name)) for name in changes))


def _differences(changes: dict[str, list[Any]]) -> str:
    return "; ".join(
        f"{gettext(LABELS.get(name, name))}: {_value(old)} → {_value(new)}" for name, (old, new) in changes.items()
    )


def _value(value: object) -> str:
    match value:
        case None | "" | [] | {}:
            return "–"  # the sign for nothing
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{name}: {content}" for name, content in value.items())
        case bool():
            return gettext(N_("yes") if value else N_("no"))
        case _:
            return str(value)
