"""HTTP: one attempt, deadlines, retries, parallel batches, streams."""
