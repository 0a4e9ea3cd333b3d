"""The settings: checked, read, and handed to the steps."""
