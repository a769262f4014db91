"""Why somebody is away. Whose business it is beyond that is nobody's: the words are the office's own."""

REASONS = ("holiday", "ill", "training", "other")
