"""The marketplace's own books: orders, shipments, processes and offers of each seller, without any wire format."""
