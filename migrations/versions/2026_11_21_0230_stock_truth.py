"""Stock truth per channel: limits, matching, drift.

Revision ID: 2026_11_21_0230
Revises: 2026_11_21_0220
"""

revision = "2026_11_21_0230"
down_revision = "2026_11_21_0220"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
