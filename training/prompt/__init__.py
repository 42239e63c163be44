"""The tagger of prompts: phrases out of the generators' vocabularies, and a network that learns them."""
