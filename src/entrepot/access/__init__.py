"""Sellers, users, roles and rights, sessions, API keys and tokens: who may do what, and whose rows they see."""
