"""Tables brought in from files: columns mapped, previewed, applied in chunks, failed rows handed back."""
