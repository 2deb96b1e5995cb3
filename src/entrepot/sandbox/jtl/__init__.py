"""A simulated JTL-Wawi: its tables, and the worker that imports orders and sends goods."""
