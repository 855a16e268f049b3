"""Grey values: made ready, counted, parted by thresholds, compared."""
