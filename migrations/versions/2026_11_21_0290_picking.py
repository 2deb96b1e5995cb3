"""Picking: carts with totes, zones, lot swaps.

Revision ID: 2026_11_21_0290
Revises: 2026_11_21_0280
"""

revision = "2026_11_21_0290"
down_revision = "2026_11_21_0280"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
