"""What is decided: officers and what they may do, the log, and the immutable events of each verb. A Django app."""
