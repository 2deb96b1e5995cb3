"""What happens to imports."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class ImportStarted(Event, frozen=True, kw_only=True):
    """A user started to apply a table."""

    topic: ClassVar[str] = "imports.started"
    subject_kind: ClassVar[str] = "import"

    kind: str
    name: str
    rows: int


class ImportFinished(Event, frozen=True, kw_only=True):
    """All rows of a table were applied or handed back."""

    topic: ClassVar[str] = "imports.finished"
    subject_kind: ClassVar[str] = "import"

    kind: str
    name: str
    created: int
    updated: int
    unchanged: int
    failed: int
