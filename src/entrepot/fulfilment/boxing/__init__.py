"""Trays and boxes: what lies in which, sealed and opened again."""
