"""Carriers: rules of choice, manifests, problems.

Revision ID: 2026_11_21_0270
Revises: 2026_11_21_0260
"""

revision = "2026_11_21_0270"
down_revision = "2026_11_21_0260"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
