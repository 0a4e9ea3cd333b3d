"""How the network that ships with the project was made."""
