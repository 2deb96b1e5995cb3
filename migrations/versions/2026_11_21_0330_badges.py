"""Badges and PINs for shared devices.

Revision ID: 2026_11_21_0330
Revises: 2026_11_21_0320
"""

revision = "2026_11_21_0330"
down_revision = "2026_11_21_0320"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
