"""The part of Sendcloud's API v3 that the connector uses."""
