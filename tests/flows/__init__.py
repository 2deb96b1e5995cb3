"""Tests of order runs and inventory runs."""
