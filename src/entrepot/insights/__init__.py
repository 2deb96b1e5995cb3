"""Read-only reports: the dashboard, and search over everything."""
