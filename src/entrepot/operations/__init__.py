"""The instance's own upkeep."""
