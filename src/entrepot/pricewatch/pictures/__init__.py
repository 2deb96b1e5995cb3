"""Pictures of watched products: fetched once, kept, and shown from here."""
