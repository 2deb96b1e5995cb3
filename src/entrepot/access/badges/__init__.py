"""Badges and PINs: how people who share devices sign in with a scanner."""
