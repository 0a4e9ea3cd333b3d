"""The files between the steps: what they hold, what made them, and how they change together."""
