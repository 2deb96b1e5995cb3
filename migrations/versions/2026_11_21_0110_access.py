"""Sellers, users, roles, sessions, keys.

Revision ID: 2026_11_21_0110
Revises: 2026_11_21_0105
"""

revision = "2026_11_21_0110"
down_revision = "2026_11_21_0105"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
