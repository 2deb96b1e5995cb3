"""Kills what works and breaks what answers, at random moments, then looks for damage.

``python -m tests.chaos --seed 7 --rounds 20`` runs a hub of its own beside a sandbox of its own: first it kills workers
while they import, then while they tell the channel what left, then in seed after seed of both kinds of runs, at bol and at
Temu with a JTL-Wawi behind it.
"""
