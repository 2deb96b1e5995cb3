"""Devices that scan without a network: what they did arrives later, in order, once, and nothing of it vanishes."""
