"""One folder per technique. They never import each other."""
