"""The ground: the application's role, sealed scopes, the event log.

Revision ID: 2026_11_21_0100
Revises:
"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import ROLE, append_only, isolate
from entrepot.kit.migrate import scope_pads

revision = "2026_11_21_0100"
down_revision = None

# HMAC-SHA-256 (RFC 2104) over the payload; the pads are the key XOR 0x36.. and 0x5c.., 64 bytes each.
PAYLOAD_FUNCTION = """
CREATE FUNCTION scope_payload() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    setting text := current_setting('entrepot.scope', true);
    payload text := split_part(setting, '.', 1);
    genuine boolean;
BEGIN
    IF setting IS NULL OR setting = '' THEN
        RETURN '';
    END IF;
    SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(payload, 'UTF8'))), 'hex')
        = split_part(setting, '.', 2) INTO genuine FROM scope_key;
    RETURN CASE WHEN genuine THEN payload ELSE '' END;
END $$
"""

INSTANCE_FUNCTION = """
CREATE FUNCTION scope_is_instance() RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT scope_payload() = '*' $$
"""

# Every statement asks this for every table with a seller.  So: one function and not two, and of the key's table nothing
# but the key, for PostgreSQL keeps plain expressions ready, and makes anew what stands in a query.
SELLER_FUNCTION = """
CREATE FUNCTION scope_sellers() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    setting text := current_setting('entrepot.scope', true);
    payload text;
    inner_key bytea;
    outer_key bytea;
BEGIN
    IF setting IS NULL OR setting = '' THEN
        RETURN '{}'::uuid[];
    END IF;
    payload := split_part(setting, '.', 1);
    SELECT inner_pad, outer_pad INTO inner_key, outer_key FROM scope_key;
    IF payload = '' OR (encode(sha256(outer_key || sha256(inner_key || convert_to(payload, 'UTF8'))), 'hex')
            = split_part(setting, '.', 2)) IS NOT TRUE THEN
        RETURN '{}'::uuid[];
    ELSIF payload = '*' THEN
        RETURN (SELECT coalesce(array_agg(id), '{}'::uuid[]) FROM seller);
    END IF;
    RETURN string_to_array(payload, ',')::uuid[];
END $$
"""


def upgrade() -> None:
    op.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {ROLE}")
    op.execute(f"GRANT SELECT ON alembic_version TO {ROLE}")
    op.execute("CREATE TABLE scope_key (inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)")
    op.execute(f"REVOKE ALL ON scope_key FROM PUBLIC, {ROLE}")
    op.execute(PAYLOAD_FUNCTION)
    op.execute(INSTANCE_FUNCTION)
    write_key(context.config.attributes["scope_key"])

    op.execute(SELLER_FUNCTION)  # reads the table "seller", which the next revision makes

    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "txid", sa.BigInteger(), server_default=sa.text("(pg_current_xact_id()::text)::bigint"), nullable=False
        ),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_txid", "event", ["txid"])
    op.create_index("ix_event_subject_id_id", "event", ["subject_id", "id"])
    op.create_index("ix_event_recorded_at", "event", ["recorded_at"], postgresql_using="brin")
    isolate("event", shared_rows=True)
    append_only("event")


def write_key(key: str) -> None:
    """Store the key of the scopes as the two pads of HMAC."""
    inner, outer = scope_pads(key)
    op.get_bind().execute(sa.text("INSERT INTO scope_key VALUES (:inner, :outer)"), {"inner": inner, "outer": outer})


def downgrade() -> None:
    op.drop_table("event")
    op.execute("DROP FUNCTION scope_sellers()")
    op.execute("DROP FUNCTION scope_is_instance()")
    op.execute("DROP FUNCTION scope_payload()")
    op.execute("DROP TABLE scope_key")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {ROLE}")
    op.execute(f"REVOKE ALL ON alembic_version FROM {ROLE}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {ROLE}")
