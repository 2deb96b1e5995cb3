"""Workstations and their printers, the print queue, and what is printed by itself."""
