"""Sandbox Express, a carrier: its parcels, their travel and their labels, without any wire format."""
