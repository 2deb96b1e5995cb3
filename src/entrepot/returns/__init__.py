"""Goods that come back: what channels announce, what we decide, and where the goods go."""
