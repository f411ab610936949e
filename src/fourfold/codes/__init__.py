"""What the words mean: offences, outcomes, fraud codes, areas, periods, measures and harm, each a dated list."""
