"""Fetching pages of web shops: checked, limited, polite, by HTTP, by a browser or by an outside service."""
