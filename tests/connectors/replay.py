"""Recordings: part of the conformance suite, which ships with the product."""

from entrepot.channels.conformance.replay import Exchange, Recording, Replay, Request, Response

__all__ = ["Exchange", "Recording", "Replay", "Request", "Response"]
