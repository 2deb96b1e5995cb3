"""The check station: what was picked is counted again before it is packed."""
