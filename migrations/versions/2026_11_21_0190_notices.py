"""What channels tell us by themselves.

Revision ID: 2026_11_21_0190
Revises: 2026_11_21_0180
"""

revision = "2026_11_21_0190"
down_revision = "2026_11_21_0180"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
