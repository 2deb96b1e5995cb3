"""Orders, lines, notes, saved views.

Revision ID: 2026_11_21_0170
Revises: 2026_11_21_0160
"""

revision = "2026_11_21_0170"
down_revision = "2026_11_21_0160"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
