"""Channel accounts and the inbox.

Revision ID: 2026_11_21_0140
Revises: 2026_11_21_0130
"""

revision = "2026_11_21_0140"
down_revision = "2026_11_21_0130"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
