"""Tables of jobs.  Private: other slices use the service."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text as sql


class JobRun(Base):
    """One run of a job.  Its id is the engine's workflow id."""

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')", name="state"),
        Index(
            "uq_job_run_active_key",
            "job",
            "seller_id",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("key IS NOT NULL AND NOT again AND state IN ('queued', 'running', 'waiting')"),
        ),
        Index(
            "uq_job_run_queued_key",
            "job",
            "seller_id",
            "key",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=sql("key IS NOT NULL AND again AND state = 'queued'"),
        ),
        Index(
            "ix_job_run_active", "state", "due_at", postgresql_where=sql("state IN ('queued', 'running', 'waiting')")
        ),
        Index("ix_job_run_seller_id_id", "seller_id", "id"),
        Index("ix_job_run_job_id", "job", "id"),
        Index("ix_job_run_schedule_id_id", "schedule_id", "id", postgresql_where=sql("schedule_id IS NOT NULL")),
        Index("ix_job_run_state_id", "state", "id"),
        Index("ix_job_run_finished_at", "finished_at", postgresql_where=sql("finished_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    job: Mapped[str]
    queue: Mapped[str]
    priority: Mapped[int]
    seller_id: Mapped[UUID | None]
    key: Mapped[str | None]
    again: Mapped[bool] = mapped_column(server_default=sql("false"))
    """The key is free again as soon as the run has started."""
    args: Mapped[dict[str, Any]]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=sql("0"))
    attempts_before: Mapped[int] = mapped_column(server_default=sql("0"))
    """Attempts before a person said "try again", which starts the count afresh."""
    submitted: Mapped[bool] = mapped_column(server_default=sql("false"))
    """The engine knows the run; a delayed one is handed over when its time has come."""
    resumes: Mapped[int] = mapped_column(server_default=sql("0"))
    """How often the present attempt lost its worker."""
    resumes_before: Mapped[int] = mapped_column(server_default=sql("0"))
    """Of these, those before its last finished step: whoever gets further is not what kills workers."""
    done: Mapped[int] = mapped_column(server_default=sql("0"))
    total: Mapped[int] = mapped_column(server_default=sql("0"))
    note: Mapped[str] = mapped_column(server_default=sql("''"))
    """What the run says about its progress."""
    note_facts: Mapped[dict[str, Any] | None]
    """Set: the note is a template over them."""
    enqueued_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_kind: Mapped[str] = mapped_column(server_default=sql("''"))
    error_code: Mapped[str] = mapped_column(server_default=sql("''"))
    error_text: Mapped[str] = mapped_column(server_default=sql("''"))
    error_facts: Mapped[dict[str, Any] | None]
    """Set: the text is a template over them."""
    failed_step: Mapped[int | None]
    """The engine's number of the step that failed: where the next attempt goes on."""
    result: Mapped[dict[str, Any] | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    schedule_id: Mapped[UUID | None]
    timeout_seconds: Mapped[int | None]
    retries: Mapped[int | None]
    retry_delay_seconds: Mapped[int | None]
    """These three as the schedule said when it started the run; NULL: as the job says."""
    parent_id: Mapped[UUID | None]
    cancel_requested_at: Mapped[datetime | None]
    slot: Mapped[str] = mapped_column(server_default=sql("''"))
    """The worker that runs it."""


class JobLog(Base):
    """A line of a run's log."""

    __tablename__ = "job_log"
    __table_args__ = (Index("ix_job_log_run_id_id", "run_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("job_run.id", ondelete="CASCADE"))
    seller_id: Mapped[UUID | None]
    at: Mapped[datetime]
    level: Mapped[str]
    text: Mapped[str]
    facts: Mapped[dict[str, Any] | None]
    """Set: the text is a template over them, translated for whoever reads it."""
    subject_kind: Mapped[str] = mapped_column(server_default=sql("''"))
    subject_id: Mapped[UUID | None]


class JobSchedule(Base):
    """When a job starts by itself."""

    __tablename__ = "job_schedule"
    __table_args__ = (
        CheckConstraint("(cron IS NULL) <> (interval_seconds IS NULL)", name="cron_or_interval"),
        CheckConstraint("interval_seconds >= 1", name="interval_positive"),
        CheckConstraint("timeout_seconds >= 1", name="timeout_positive"),
        CheckConstraint("retries >= 0", name="retries_not_negative"),
        CheckConstraint("retry_delay_seconds >= 1", name="retry_delay_positive"),
        Index("uq_job_schedule_name", "name", unique=True),
        Index("ix_job_schedule_next_run_at", "next_run_at", postgresql_where=sql("NOT paused")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    job: Mapped[str]
    args: Mapped[dict[str, Any]]
    seller_id: Mapped[UUID | None]
    cron: Mapped[str | None]
    interval_seconds: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(server_default=sql("'UTC'"))
    timeout_seconds: Mapped[int | None]
    retries: Mapped[int | None]
    retry_delay_seconds: Mapped[int | None]
    paused: Mapped[bool] = mapped_column(server_default=sql("false"))
    edited: Mapped[bool] = mapped_column(server_default=sql("false"))
    """A person changed the time: code no longer does."""
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    last_run_id: Mapped[UUID | None]
    skipped: Mapped[int] = mapped_column(server_default=sql("0"))
    """Ticks in a row that found the last run still active."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkerSlot(Base):
    """A worker that lives, or lived until its lease was found free."""

    __tablename__ = "worker_slot"

    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    running: Mapped[int] = mapped_column(server_default=sql("0"))


class ReactionCursor(Base):
    """How far a reaction has read the event log."""

    __tablename__ = "reaction_cursor"

    name: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str]
    handled: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReactionFailure(Base):
    """An event that a reaction could not handle, set aside so that the others go on."""

    __tablename__ = "reaction_failure"
    __table_args__ = (Index("uq_reaction_failure_reaction_event_id", "reaction", "event_id", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reaction: Mapped[str]
    event_id: Mapped[int] = mapped_column(BigInteger)
    seller_id: Mapped[UUID | None]
    topic: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    event: Mapped[dict[str, Any]]
    """The whole event, because the log forgets before people look."""
    attempts: Mapped[int]
    error: Mapped[str]
    failed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    retry_at: Mapped[datetime | None]
    """Set by a person: try again."""
