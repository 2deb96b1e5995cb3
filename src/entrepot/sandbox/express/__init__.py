"""Sandbox Express's JSON API."""
