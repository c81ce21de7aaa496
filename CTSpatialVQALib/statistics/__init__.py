"""How sure are we? Intervals, paired and clustered tests, agreement, power. Imports nothing of ours."""
