"""The only room that opens and writes USD: facts, canvas, interface, pointer layers, check and preview."""
