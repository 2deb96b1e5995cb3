"""Which jobs there are: ``@job`` in a slice's ``jobs`` module makes one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, get_type_hints

import msgspec

from entrepot.jobs.discovery import discover
from entrepot.jobs.errors import JobUnknownError
from entrepot.jobs.retrying import Retry
from entrepot.jobs.run import Run

__all__ = ["Job", "Queue", "Retry", "all_jobs", "job", "job_named", "job_of"]


class Queue(StrEnum):
    """Where a run waits for its turn.  Within a queue a lower priority number goes first."""

    HIGH = "high"
    """Somebody waits for it."""
    DEFAULT = "default"
    LOW = "low"
    """Imports, exports and sweeps that may take long."""
    MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job[A: msgspec.Struct]:
    """One kind of work."""

    name: str
    """``slice.verb_object``; stored with every run, so it never changes."""
    label: str
    """What people are shown; marked with ``N_``."""
    queue: Queue
    priority: int
    retry: Retry
    timeout: timedelta | None
    """A run that lasts longer is stopped at its next step."""
    key: Callable[[A], str] | None
    """What only one unfinished run at a time may be about, whoever starts it."""
    args_type: type[A]
    function: Callable[[Run, A], Awaitable[object]]


USUAL = Retry()
_BY_NAME: dict[str, Job[Any]] = {}
_BY_ARGS: dict[type[msgspec.Struct], Job[Any]] = {}


def job[A: msgspec.Struct](
    name: str,
    *,
    label: str = "",
    queue: Queue = Queue.DEFAULT,
    priority: int = 10,
    retry: Retry = USUAL,
    timeout: timedelta | None = None,
    key: Callable[[A], str] | None = None,
) -> Callable[[Callable[[Run, A], Awaitable[object]]], Job[A]]:
    """Make a job of ``async def f(run: Run, args: SomeStruct)``.

    The struct belongs to this job alone: enqueueing it is what starts the job.  It holds ids and plain data, because it
    is stored as JSON.  What *f* returns (small, JSON) is kept as the run's result.

    With *key*, two runs that must not overlap never do: a schedule's tick, a button and the API all get the run that is
    going on.
    """

    def register(function: Callable[[Run, A], Awaitable[object]]) -> Job[A]:
        hints = get_type_hints(function)
        args_type: type[A] = hints[list(hints)[1]]
        made = Job(
            name=name,
            label=label or name,
            queue=queue,
            priority=priority,
            retry=retry,
            timeout=timeout,
            key=key,
            args_type=args_type,
            function=function,
        )
        _BY_NAME[name] = made
        _BY_ARGS[args_type] = made
        return made

    return register


def job_named(name: str) -> Job[Any]:
    """Return the job called *name*.

    Raises:
        JobUnknownError: this release has none.
    """
    if name not in _BY_NAME:
        discover()  # once per process; a web process may never have imported the slice's jobs
    found = _BY_NAME.get(name)
    if found is None:
        raise JobUnknownError(job=name)
    return found


def job_of(args: msgspec.Struct) -> Job[Any]:
    """Return the job that *args* belong to.

    Raises:
        JobUnknownError: no job takes them.
    """
    if type(args) not in _BY_ARGS:
        discover()
    found = _BY_ARGS.get(type(args))
    if found is None:
        raise JobUnknownError(job=type(args).__name__)
    return found


def all_jobs() -> tuple[Job[Any], ...]:
    """Return every job registered in this process, by name."""
    return tuple(_BY_NAME[name] for name in sorted(_BY_NAME))
