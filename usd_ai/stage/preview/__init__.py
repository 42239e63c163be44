"""Pictures of published layers: needs no GPU and no display, gives the same bytes on every run, shows what is there."""
