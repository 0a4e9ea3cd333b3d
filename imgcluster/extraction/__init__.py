"""Features of photos by the network that the settings name."""
