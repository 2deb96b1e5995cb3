"""Boards: presence, working days, daily reports.

Revision ID: 2026_11_21_0350
Revises: 2026_11_21_0340
"""

revision = "2026_11_21_0350"
down_revision = "2026_11_21_0340"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
