"""Watched products: where they are sold, what they cost there, and how that is found out."""
