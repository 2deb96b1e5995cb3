"""Products, bundles, imports of tables.

Revision ID: 2026_11_21_0130
Revises: 2026_11_21_0120
"""

revision = "2026_11_21_0130"
down_revision = "2026_11_21_0120"


def upgrade() -> None:
    """Not yet."""


def downgrade() -> None:
    """Not yet."""
