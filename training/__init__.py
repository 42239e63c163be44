"""Recipes of the models that ship with usd_ai: data, training, measurement. Not part of the wheel."""
