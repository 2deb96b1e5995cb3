"""Sellers, users, roles, sessions, keys.

Revision ID: 2026_11_21_0110
Revises: 2026_11_21_0105
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.ids import new_id
from entrepot.kit.isolation import isolate

revision = "2026_11_21_0110"
down_revision = "2026_11_21_0105"

MOMENT = sa.DateTime(timezone=True)
NOW = sa.func.now()
BUILT_IN = {
    "owner": "Owner",
    "manager": "Manager",
    "seller": "Seller staff",
    "picker": "Picker",
    "packer": "Packer",
    "reader": "Read-only",
    "developer": "Developer",
}


def instance_only(table: str) -> None:
    """Show *table* to nobody but transactions that see all sellers."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    instance_too(table)


def instance_too(table: str) -> None:
    """Let transactions that see all sellers also see and write the rows of *table* that no policy gives them."""
    op.execute(
        f"CREATE POLICY instance_manages ON {table} TO PUBLIC "
        "USING ((SELECT scope_is_instance())) WITH CHECK ((SELECT scope_is_instance()))"
    )


def upgrade() -> None:
    # A function that a policy trusts must not look its parts up where the caller says.
    op.execute("ALTER FUNCTION scope_is_instance() SET search_path = public, pg_temp")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # still granted on servers that began before version 15

    op.create_table(
        "seller",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), server_default=sa.text("'EUR'"), nullable=False),
        sa.Column("country", sa.Text(), server_default=sa.text("'NL'"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_seller_currency_code"),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name="ck_seller_country_code"),
        sa.PrimaryKeyConstraint("id", name="pk_seller"),
        sa.UniqueConstraint("slug", name="uq_seller_slug"),
    )
    # Not forced: scope_sellers() reads this table as its owner, and a policy that calls it would turn in circles.
    isolate("seller", column="id")
    instance_too("seller")

    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default=sa.text("'en'"), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default=sa.text("'Europe/Amsterdam'"), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("last_sign_in_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
    )
    op.create_index("uq_user_account_email", "user_account", [sa.text("lower(email)")], unique=True)
    instance_only("user_account")

    op.create_table(
        "role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_role"),
        sa.UniqueConstraint("key", name="uq_role_key"),
        sa.UniqueConstraint("name", name="uq_role_name"),
    )
    instance_only("role")
    # What a built-in role gives is in the code, so that it follows the release; here it only gets its identity.
    for key, name in BUILT_IN.items():
        op.get_bind().execute(
            sa.text("INSERT INTO role (id, key, name, rights) VALUES (:id, :key, :name, '[]')"),
            {"id": new_id(), "key": key, "name": name},
        )

    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_membership_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_membership_seller_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name="fk_membership_role_id", ondelete="RESTRICT"),
        sa.UniqueConstraint("user_id", "seller_id", name="uq_membership_user_id_seller_id"),
    )
    op.create_index(
        "uq_membership_instance", "membership", ["user_id"], unique=True, postgresql_where=sa.text("seller_id IS NULL")
    )
    op.create_index("ix_membership_seller_id", "membership", ["seller_id"])
    op.create_index("ix_membership_role_id", "membership", ["role_id"])
    isolate("membership")
    instance_too("membership")

    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("working_seller", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_session"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_user_session_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["working_seller"], ["seller.id"], name="fk_user_session_working_seller", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("token_hash", name="uq_user_session_token_hash"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_index("ix_user_session_expires_at", "user_session", ["expires_at"])
    instance_only("user_session")

    op.create_table(
        "password_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_password_link"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_password_link_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_password_link_user_id", "password_link", ["user_id"])
    instance_only("password_link")

    op.create_table(
        "sign_in_attempt",
        sa.Column("subject_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", name="pk_sign_in_attempt"),
    )
    instance_only("sign_in_attempt")

    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("creator_id", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_api_key_seller_id", ondelete="CASCADE"),
        sa.UniqueConstraint("public_id", name="uq_api_key_public_id"),
    )
    op.create_index("ix_api_key_seller_id", "api_key", ["seller_id"])
    isolate("api_key")

    op.create_table(
        "access_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_access_token"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_access_token_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_access_token_seller_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_access_token_token_hash"),
    )
    op.create_index("ix_access_token_user_id", "access_token", ["user_id"])
    op.create_index("ix_access_token_seller_id", "access_token", ["seller_id"])
    isolate("access_token")
    instance_too("access_token")

    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name="pk_idempotency_key"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_idempotency_key_seller_id", ondelete="CASCADE"),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])
    isolate("idempotency_key")
    instance_too("idempotency_key")


def downgrade() -> None:
    for table in (
        "idempotency_key",
        "access_token",
        "api_key",
        "sign_in_attempt",
        "password_link",
        "user_session",
        "membership",
        "role",
        "user_account",
        "seller",
    ):
        op.drop_table(table)
    op.execute("ALTER FUNCTION scope_is_instance() RESET search_path")
