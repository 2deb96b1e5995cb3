"""Pictures of watched products."""
