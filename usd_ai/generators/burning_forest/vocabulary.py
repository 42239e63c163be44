"""All that the burning forest understands of a prompt."""

from __future__ import annotations

from usd_ai.core.words import Vocabulary
from usd_ai.generators.burning_forest.vocabulary_fire import FIRE
from usd_ai.generators.burning_forest.vocabulary_forest import FOREST
from usd_ai.learned.common import HOST

VOCABULARY = Vocabulary(attributes=(*FOREST, *FIRE, *HOST))
