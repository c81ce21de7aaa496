"""CTSpatialVQA: audit how vision-language models reason about space in CT. Research use only."""

__version__ = "0.1.0"
