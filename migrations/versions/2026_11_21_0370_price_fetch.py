"""Price watch: fetches, page snapshots, the corpus of known answers.

Revision ID: 2026_11_21_0370
Revises: 2026_11_21_0360
"""

revision = "2026_11_21_0370"
down_revision = "2026_11_21_0360"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
