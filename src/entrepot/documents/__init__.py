"""Files attached to anything: kept in object storage, handed out as downloads only."""
