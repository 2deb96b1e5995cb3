"""Run history and call log for people.

Revision ID: 2026_11_21_0240
Revises: 2026_11_21_0230
"""

from alembic import op

revision = "2026_11_21_0240"
down_revision = "2026_11_21_0230"


# The application may only add events.  Retention goes through this door, which opens to the instance's own work alone,
# and never to what is younger than a month, whatever anybody sets.
FORGET = """
CREATE FUNCTION forget_events(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone integer;
BEGIN
    IF NOT scope_is_instance() OR before > now() - interval '30 days' THEN
        RAISE EXCEPTION 'events are only forgotten by the instance, after 30 days' USING ERRCODE = '42501';
    END IF;
    DELETE FROM event WHERE id IN (SELECT id FROM event WHERE recorded_at < before ORDER BY id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$
"""


def upgrade() -> None:
    op.execute(FORGET)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_events(timestamptz, integer)")
