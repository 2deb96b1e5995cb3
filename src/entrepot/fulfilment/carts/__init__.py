"""Picking for several orders at once: totes, the put wall, zones, lots taken instead of others."""
