"""Price watch: what others ask for a product, over time: stores, listings, observations, alerts, competing offers."""
