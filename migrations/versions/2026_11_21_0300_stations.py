"""Stations: checking, boxes and their content, consolidation.

Revision ID: 2026_11_21_0300
Revises: 2026_11_21_0290
"""

revision = "2026_11_21_0300"
down_revision = "2026_11_21_0290"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
