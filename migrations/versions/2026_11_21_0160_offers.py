"""Offers and what was published.

Revision ID: 2026_11_21_0160
Revises: 2026_11_21_0150
"""

revision = "2026_11_21_0160"
down_revision = "2026_11_21_0150"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
