"""Job runs, log lines, schedules, worker slots, reactions.

Revision ID: 2026_11_21_0120
Revises: 2026_11_21_0110
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0120"
down_revision = "2026_11_21_0110"

MOMENT = sa.DateTime(timezone=True)
NOW = sa.func.now()
EMPTY = sa.text("''")
ZERO = sa.text("0")
NO = sa.text("false")
JSON = postgresql.JSONB(none_as_null=True)
ACTIVE = "state IN ('queued', 'running', 'waiting')"


def upgrade() -> None:
    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("again", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("args", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("attempts_before", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("submitted", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("resumes", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("resumes_before", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("done", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("total", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("note", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("note_facts", JSON, nullable=True),
        sa.Column("enqueued_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("due_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("error_kind", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("error_code", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("error_text", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("error_facts", JSON, nullable=True),
        sa.Column("failed_step", sa.Integer(), nullable=True),
        sa.Column("result", JSON, nullable=True),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=True),
        sa.Column("retry_delay_seconds", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("cancel_requested_at", MOMENT, nullable=True),
        sa.Column("slot", sa.Text(), server_default=EMPTY, nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')", name="ck_job_run_state"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_job_run"),
    )
    op.create_index(
        "uq_job_run_active_key",
        "job_run",
        ["job", "seller_id", "key"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text(f"key IS NOT NULL AND NOT again AND {ACTIVE}"),
    )
    op.create_index(
        "uq_job_run_queued_key",
        "job_run",
        ["job", "seller_id", "key"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("key IS NOT NULL AND again AND state = 'queued'"),
    )
    op.create_index("ix_job_run_active", "job_run", ["state", "due_at"], postgresql_where=sa.text(ACTIVE))
    op.create_index("ix_job_run_seller_id_id", "job_run", ["seller_id", "id"])
    op.create_index("ix_job_run_job_id", "job_run", ["job", "id"])
    op.create_index(
        "ix_job_run_schedule_id_id",
        "job_run",
        ["schedule_id", "id"],
        postgresql_where=sa.text("schedule_id IS NOT NULL"),
    )
    op.create_index("ix_job_run_state_id", "job_run", ["state", "id"])
    op.create_index(
        "ix_job_run_finished_at", "job_run", ["finished_at"], postgresql_where=sa.text("finished_at IS NOT NULL")
    )
    isolate("job_run", shared_rows=True)

    op.create_table(
        "job_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", JSON, nullable=True),
        sa.Column("subject_kind", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["job_run.id"], name="fk_job_log_run_id_job_run", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_job_log"),
    )
    op.create_index("ix_job_log_run_id_id", "job_log", ["run_id", "id"])
    isolate("job_log", shared_rows=True)

    op.create_table(
        "job_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("args", JSON, nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=True),
        sa.Column("retry_delay_seconds", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("edited", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("next_run_at", MOMENT, nullable=False),
        sa.Column("last_run_at", MOMENT, nullable=True),
        sa.Column("last_run_id", sa.Uuid(), nullable=True),
        sa.Column("skipped", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("(cron IS NULL) <> (interval_seconds IS NULL)", name="ck_job_schedule_cron_or_interval"),
        sa.CheckConstraint("interval_seconds >= 1", name="ck_job_schedule_interval_positive"),
        sa.CheckConstraint("timeout_seconds >= 1", name="ck_job_schedule_timeout_positive"),
        sa.CheckConstraint("retries >= 0", name="ck_job_schedule_retries_not_negative"),
        sa.CheckConstraint("retry_delay_seconds >= 1", name="ck_job_schedule_retry_delay_positive"),
        sa.PrimaryKeyConstraint("id", name="pk_job_schedule"),
    )
    op.create_index("uq_job_schedule_name", "job_schedule", ["name"], unique=True)
    op.create_index(
        "ix_job_schedule_next_run_at", "job_schedule", ["next_run_at"], postgresql_where=sa.text("NOT paused")
    )
    isolate("job_schedule", shared_rows=True)

    op.create_table(
        "worker_slot",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("seen_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("running", sa.Integer(), server_default=ZERO, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_worker_slot"),
    )
    op.create_table(
        "reaction_cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("handled", sa.BigInteger(), server_default=ZERO, nullable=False),
        sa.Column("moved_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_reaction_cursor"),
    )
    op.create_table(
        "reaction_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("event", JSON, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("retry_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reaction_failure"),
    )
    op.create_index("uq_reaction_failure_reaction_event_id", "reaction_failure", ["reaction", "event_id"], unique=True)
    isolate("reaction_failure", shared_rows=True)
    # The instance's own runs show its business, not a seller's: only the instance reads them.
    for table in ("job_run", "job_log", "job_schedule", "reaction_failure"):
        op.execute(
            f"ALTER POLICY seller_reads ON {table} USING"
            " ((seller_id IS NULL AND (SELECT scope_is_instance()))"
            " OR seller_id = ANY ((SELECT scope_sellers())::uuid[]))"
        )


def downgrade() -> None:
    for table in (
        "reaction_failure",
        "reaction_cursor",
        "worker_slot",
        "job_schedule",
        "job_log",
        "job_run",
    ):
        op.drop_table(table)
