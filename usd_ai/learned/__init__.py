"""Networks: the small models that are trained here, their weights, licence and training record."""
