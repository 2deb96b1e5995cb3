"""Order runs and inventory runs.

Revision ID: 2026_11_21_0220
Revises: 2026_11_21_0210
"""

revision = "2026_11_21_0220"
down_revision = "2026_11_21_0210"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
