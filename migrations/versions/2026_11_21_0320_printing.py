"""Printing: workstations, printers, jobs.

Revision ID: 2026_11_21_0320
Revises: 2026_11_21_0310
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0320"
down_revision = "2026_11_21_0310"

SHARED = ("workstation", "printer", "print_route", "print_agent")
"""A fulfiller's own has no seller."""
TABLES = (*SHARED, "print_rule", "workstation_place", "print_document", "print_job")


def _when(name: str, *, nullable: bool = True, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if default else None
    )


def _key(table: str, column: str, target: str, *, cascade: bool = True) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE" if cascade else None
    )


def upgrade() -> None:
    op.create_table(
        "workstation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        _when("created_at", nullable=False, default=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_workstation_name_not_empty")),
        _key("workstation", "seller_id", "seller"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workstation")),
        sa.UniqueConstraint(
            "seller_id", "name", name=op.f("uq_workstation_seller_id_name"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "printer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("workstation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('sheets', 'labels', 'zpl')", name=op.f("ck_printer_kind_known")),
        sa.CheckConstraint("connection IN ('network', 'queue')", name=op.f("ck_printer_connection_known")),
        sa.CheckConstraint("name <> '' AND address <> ''", name=op.f("ck_printer_reachable")),
        _key("printer", "workstation_id", "workstation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("workstation_id", "name", name=op.f("uq_printer_workstation_id_name")),
    )
    op.create_table(
        "print_route",
        sa.Column("workstation_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        _key("print_route", "workstation_id", "workstation"),
        _key("print_route", "printer_id", "printer"),
        sa.PrimaryKeyConstraint("workstation_id", "purpose", name=op.f("pk_print_route")),
    )
    op.create_table(
        "print_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("workstation_id", sa.Uuid(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.CheckConstraint("copies BETWEEN 1 AND 200", name=op.f("ck_print_rule_copies_sane")),
        _key("print_rule", "seller_id", "seller"),
        _key("print_rule", "workstation_id", "workstation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_rule")),
        sa.UniqueConstraint(
            "seller_id",
            "topic",
            "purpose",
            "workstation_id",
            name=op.f("uq_print_rule_seller_id_topic_purpose_workstation_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "workstation_place",
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("workstation_id", sa.Uuid(), nullable=False),
        _when("at", nullable=False),
        _key("workstation_place", "seller_id", "seller"),
        _key("workstation_place", "workstation_id", "workstation"),
        sa.PrimaryKeyConstraint("actor_id", "seller_id", name=op.f("pk_workstation_place")),
    )
    op.create_table(
        "print_agent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("workstation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _when("seen_at", nullable=False),
        _key("print_agent", "workstation_id", "workstation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_agent")),
        sa.UniqueConstraint(
            "workstation_id",
            "name",
            "seller_id",
            name=op.f("uq_print_agent_workstation_id_name_seller_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "print_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("storage_key", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(content IS NULL) <> (storage_key = '')", name=op.f("ck_print_document_in_one_place")),
        sa.CheckConstraint("format IN ('pdf', 'zpl')", name=op.f("ck_print_document_format_known")),
        _key("print_document", "seller_id", "seller"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_document")),
    )
    _jobs()
    for table in TABLES:
        isolate(table, shared_rows=table in SHARED)


def _jobs() -> None:
    op.create_table(
        "print_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("workstation_id", sa.Uuid(), nullable=False),
        sa.Column("printer_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("maybe_printed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        _when("created_at", nullable=False, default=True),
        _when("not_before", nullable=False, default=True),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("taken_by", sa.Text(), server_default="", nullable=False),
        _when("leased_until"),
        _when("sending_at"),
        _when("finished_at"),
        sa.Column("reprint_of", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'taken', 'printed', 'failed', 'cancelled')", name=op.f("ck_print_job_state_known")
        ),
        sa.CheckConstraint("copies BETWEEN 1 AND 200", name=op.f("ck_print_job_copies_sane")),
        sa.CheckConstraint("(state = 'taken') = (leased_until IS NOT NULL)", name=op.f("ck_print_job_taken_is_leased")),
        sa.CheckConstraint(
            "(state IN ('waiting', 'taken')) = (finished_at IS NULL)", name=op.f("ck_print_job_finished_when_ended")
        ),
        _key("print_job", "seller_id", "seller"),
        _key("print_job", "workstation_id", "workstation"),
        _key("print_job", "printer_id", "printer"),
        _key("print_job", "document_id", "print_document", cascade=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    unfinished, finished = sa.text("finished_at IS NULL"), sa.text("finished_at IS NOT NULL")
    op.create_index("ix_print_job_open", "print_job", ["workstation_id", "id"], postgresql_where=unfinished)
    op.create_index("ix_print_job_seller_id_id", "print_job", ["seller_id", "id"])
    op.create_index("ix_print_job_document_id", "print_job", ["document_id"])
    op.create_index(
        "ix_print_job_order_id", "print_job", ["order_id"], postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.create_index("ix_print_job_finished_at", "print_job", ["finished_at"], postgresql_where=finished)
    op.create_index(
        "uq_print_job_key", "print_job", ["seller_id", "key"], unique=True, postgresql_where=sa.text("key <> ''")
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
