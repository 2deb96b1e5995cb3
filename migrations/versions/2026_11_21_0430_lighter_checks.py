"""What the database checks and follows by itself costs less: whose rows a statement sees, and an order's way on the floor.

Revision ID: 2026_11_21_0430
Revises: 2026_11_21_0420
"""

from alembic import op

from entrepot.kit.isolation import ROLE

revision = "2026_11_21_0430"
down_revision = "2026_11_21_0420"

# Every statement asks this for every table with a seller.  So: one function and not two, and of the key's table nothing
# but the key, for PostgreSQL keeps plain expressions ready, and makes anew what stands in a query.
SELLERS = """
CREATE OR REPLACE FUNCTION scope_sellers() RETURNS uuid[]
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
SELLERS_BEFORE = """
CREATE OR REPLACE FUNCTION scope_sellers() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    payload text := scope_payload();
BEGIN
    IF payload = '' THEN
        RETURN '{}'::uuid[];
    ELSIF payload = '*' THEN
        RETURN (SELECT coalesce(array_agg(id), '{}'::uuid[]) FROM seller);
    END IF;
    RETURN string_to_array(payload, ',')::uuid[];
END $$
"""

FOLLOWERS = ("follow_order", "write_floor_step", "free_totes", "free_containers")
"""Triggers that follow a row which the statement was allowed to write, and touch nothing but what belongs to it."""

CHANGED = (
    # The order's place is read again only if the hold asks for it.
    (
        "follow_order",
        "        ) s ON true;\n        SELECT * INTO here FROM floor_order WHERE order_id = NEW.id;\n",
        "        ) s ON true RETURNING * INTO here;\n",
    ),
    (
        "follow_order",
        "        END IF;\n        SELECT * INTO here FROM floor_order WHERE order_id = NEW.id;\n    END IF;\n",
        (
            "        END IF;\n        IF (NEW.held_at IS NULL) <> (OLD.held_at IS NULL) THEN\n"
            "            SELECT * INTO here FROM floor_order WHERE order_id = NEW.id;\n        END IF;\n    END IF;\n"
        ),
    ),
    # Most orders use no tray and belong to no group.
    (
        "free_containers",
        "BEGIN\n    DELETE FROM container_line l",
        (
            "BEGIN\n    IF EXISTS (SELECT FROM container_line WHERE order_id = NEW.id)\n"
            "        OR EXISTS (SELECT FROM container WHERE order_id = NEW.id)\n    THEN\n    DELETE FROM container_line l"
        ),
    ),
    (
        "free_containers",
        "NEW.status IN ('shipped', 'cancelled')));\n    IF NEW.status IN ('shipped', 'cancelled') THEN\n",
        (
            "NEW.status IN ('shipped', 'cancelled')));\n    END IF;\n    IF NEW.status IN ('shipped', 'cancelled')"
            " AND EXISTS (SELECT FROM consolidation_order WHERE order_id = NEW.id) THEN\n"
        ),
    ),
)
"""Function -> what it said, and what it says."""


def upgrade() -> None:
    op.execute(SELLERS)
    for name in dict.fromkeys(name for name, _, _ in CHANGED):
        change(name, [(before, after) for other, before, after in CHANGED if other == name])
    for name in FOLLOWERS:
        # As its owner a trigger need not prove again whose rows it sees.  Nobody else may hang it on a table.
        op.execute(f"ALTER FUNCTION {name}() SECURITY DEFINER SET search_path = public, pg_temp")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC, {ROLE}")


def downgrade() -> None:
    for name in FOLLOWERS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}() TO PUBLIC")
        op.execute(f"ALTER FUNCTION {name}() SECURITY INVOKER RESET search_path")
    for name in dict.fromkeys(name for name, _, _ in CHANGED):
        change(name, [(after, before) for other, before, after in CHANGED if other == name])
    op.execute(SELLERS_BEFORE)


def change(function: str, parts: list[tuple[str, str]]) -> None:
    """Replace parts of a trigger function."""
    said: str = op.get_bind().exec_driver_sql(f"SELECT pg_get_functiondef('{function}'::regproc)").scalar_one()
    for before, after in parts:
        if before not in said:
            message = f"{function} does not say {before}"
            raise RuntimeError(message)
        said = said.replace(before, after)
    op.get_bind().exec_driver_sql(said)
