"""Pricing: floors, ceilings, repricing rules, backtests and the governor."""
