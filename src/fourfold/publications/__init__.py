"""What is said: charts, tables and the board paper, all drawn from Findings."""
