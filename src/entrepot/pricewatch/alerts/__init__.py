"""Alerts: what a user wants to be told of watched prices, and when they were told."""
