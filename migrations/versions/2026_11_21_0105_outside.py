"""Outside calls and rate budgets.

Revision ID: 2026_11_21_0105
Revises: 2026_11_21_0100
"""

revision = "2026_11_21_0105"
down_revision = "2026_11_21_0100"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
