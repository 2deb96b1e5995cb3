"""Scanning: sessions of devices, scans, conflicts for review.

Revision ID: 2026_11_21_0340
Revises: 2026_11_21_0330
"""

revision = "2026_11_21_0340"
down_revision = "2026_11_21_0330"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
