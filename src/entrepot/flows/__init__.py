"""Order runs and inventory runs: what flows between a channel account, us and the ERP, step by step."""
