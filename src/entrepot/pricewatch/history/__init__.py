"""What watched prices did: charts, figures, and how good today's price is."""
