"""Returns, and how each was handled.

Revision ID: 2026_11_21_0200
Revises: 2026_11_21_0190
"""

revision = "2026_11_21_0200"
down_revision = "2026_11_21_0190"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
