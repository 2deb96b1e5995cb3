"""Entrepot: a self-hosted commerce operations hub."""
