"""bol.com's wire protocol, Retailer API v10 and Offers API v11, spoken over the marketplace's books."""
