"""One file for each editorial format that is read here and not by a library, and what they share."""
