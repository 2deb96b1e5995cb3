"""Benchmarks: each module is one, prints one JSON line, and puts the limit of the machine next to our figure."""
