"""What devices send, and what they are told."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from entrepot.kit.text import N_


class ActKind(StrEnum):
    """What somebody did on a device."""

    PLACE = "place"
    """Scanned the right location."""
    PICK = "pick"
    SHORT = "short"
    UNDO = "undo"
    FINISH = "finish"
    WRONG = "wrong"
    """Scanned something that the device refused; kept, because it tells where people go wrong."""


class ActOutcome(StrEnum):
    """What became of it."""

    APPLIED = "applied"
    NOTED = "noted"
    """It changes no goods."""
    CONFLICT = "conflict"


class Decision(StrEnum):
    """What a supervisor may do about a conflict."""

    APPLY = "apply"
    DISCARD = "discard"


KIND_LABELS: Final = {
    ActKind.PLACE: N_("Location scanned"),
    ActKind.PICK: N_("Picked"),
    ActKind.SHORT: N_("Short pick"),
    ActKind.UNDO: N_("Undone"),
    ActKind.FINISH: N_("Finished"),
    ActKind.WRONG: N_("Wrong scan"),
}


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing done on a device."""

    client_id: Annotated[str, Meta(min_length=8, max_length=64)]
    """Made by the device, the same every time it is sent: the same again changes nothing."""
    sequence: Annotated[int, Meta(ge=1, le=1_000_000)]
    """Counts the acts of the session; they are applied in this order."""
    kind: ActKind
    at: Annotated[datetime, Meta(tz=True)]
    """By the device's clock, which may be wrong."""
    line_id: UUID | None = None
    quantity: Annotated[int, Meta(ge=0, le=100_000)] = 0
    code: Annotated[str, Meta(max_length=200)] = ""
    """As it was scanned."""
    location: Annotated[str, Meta(max_length=200)] = ""
    """The location that was scanned for the line before."""
    lot: Annotated[str, Meta(max_length=100)] = ""
    tote: Annotated[str, Meta(max_length=100)] = ""
    reason: Annotated[str, Meta(max_length=50)] = ""
    """Of a short pick."""
    undoes: Annotated[str, Meta(max_length=64)] = ""
    """Client id of the act that is taken back."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one act."""

    client_id: str
    outcome: ActOutcome
    repeated: bool = False
    """It had arrived before."""
    message: str = ""
    """English template."""
    facts: dict[str, str | int] = {}


class SessionRef(msgspec.Struct, frozen=True, kw_only=True):
    """A session of a device."""

    id: UUID
    seller_id: UUID
    pick_list_id: UUID
    version: int
    device_id: str
    device_name: str
    actor_id: str
    actor_name: str
    opened_at: datetime
    last_seen_at: datetime
    skew_ms: int
    last_sequence: int
    closed_at: datetime | None


class StoredAct(msgspec.Struct, frozen=True, kw_only=True):
    """An act that arrived."""

    id: UUID
    seller_id: UUID
    session_id: UUID
    client_id: str
    sequence: int
    kind: ActKind
    pick_line_id: UUID | None
    code: str
    location: str
    lot: str
    tote: str
    quantity: int
    reason: str
    undoes: str
    outcome: ActOutcome
    message: str
    facts: dict[str, str | int]
    actor_name: str
