"""Extracting: what a product page says about price, stock and identity.  Pure: text in, facts out."""
