"""What it shows: pure functions from records and parameters to Findings."""
