"""The door: messages ↔ types, errors ↔ status. Decides nothing."""
