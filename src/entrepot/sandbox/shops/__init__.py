"""Simulated web shops: pages in several languages and layouts, prices that move, and every way to misbehave."""
