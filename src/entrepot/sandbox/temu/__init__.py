"""Temu's gateway and notices, spoken over the marketplace's books."""
