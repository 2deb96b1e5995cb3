"""Delivery: routes, proofs, attempts.

Revision ID: 2026_11_21_0310
Revises: 2026_11_21_0300
"""

revision = "2026_11_21_0310"
down_revision = "2026_11_21_0300"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
