"""Numbers only: arrays in, arrays out, in metres with Z up. Scatter, terrain, growth, fire, fluid, volumes. No USD."""
