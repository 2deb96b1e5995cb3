"""Run history and call log for people.

Revision ID: 2026_11_21_0240
Revises: 2026_11_21_0230
"""

revision = "2026_11_21_0240"
down_revision = "2026_11_21_0230"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
