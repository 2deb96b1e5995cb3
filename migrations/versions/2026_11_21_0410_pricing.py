"""Pricing: groups, rules, decisions, the governor.

Revision ID: 2026_11_21_0410
Revises: 2026_11_21_0400
"""

revision = "2026_11_21_0410"
down_revision = "2026_11_21_0400"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
