"""Pricing: backtests and what they found.

Revision ID: 2026_11_21_0420
Revises: 2026_11_21_0410
"""

revision = "2026_11_21_0420"
down_revision = "2026_11_21_0410"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
