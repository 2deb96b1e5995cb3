"""ERP accounts: orders are handed over to them, stock and tracking are read from them."""
