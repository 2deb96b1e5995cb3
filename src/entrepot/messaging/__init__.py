"""Mail and notifications: what people are told, in the hub and outside it."""
