"""Records: what a layer was made from and by whom, signed, and the offline command that judges it."""
