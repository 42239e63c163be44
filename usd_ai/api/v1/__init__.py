"""Version 1 of the wire. Only the door (services) and the client import it."""
