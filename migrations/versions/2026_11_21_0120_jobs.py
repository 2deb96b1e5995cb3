"""Job runs, log lines, schedules, worker slots, reactions.

Revision ID: 2026_11_21_0120
Revises: 2026_11_21_0110
"""

revision = "2026_11_21_0120"
down_revision = "2026_11_21_0110"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
