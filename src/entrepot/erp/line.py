"""What a connector of an ERP is given to reach it: what may be reached, and a record of what it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from entrepot.kit.addresses import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpCall:
    """One exchange with an ERP, as it is written down: a statement, a file."""

    method: str
    """``SQL`` or ``FILE``."""
    target: str
    """What was read or written: a table, a path.  Never a secret."""
    started_at: datetime
    duration_ms: int
    subject: str = ""
    """What it was about, as the ERP names it."""
    request: str = ""
    answer: str = ""
    error: str = ""


type Record = Callable[[ErpCall], Awaitable[None]]


async def keep_no_record(call: ErpCall) -> None:
    """Forget it: for tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpLine:
    """One connector's way to its ERP."""

    allowed: tuple[Network, ...] = ()
    """Private networks that may be reached."""
    folders: tuple[Path, ...] = ()
    """Folders below which files may be dropped."""
    record: Record = keep_no_record
