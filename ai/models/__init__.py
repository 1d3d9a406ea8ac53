"""Supabase's tables of embeddings (`embeddings`), and ours about what models cost (`usage`)."""

from ai.models.embeddings import DEFAULT_MODEL, DIMENSIONS, StringEmbedding, UserEmbedding
from ai.models.usage import MessageCount, Outcome, Purpose, Spending, UsageEntry

__all__ = [
    "DEFAULT_MODEL",
    "DIMENSIONS",
    "MessageCount",
    "Outcome",
    "Purpose",
    "Spending",
    "StringEmbedding",
    "UsageEntry",
    "UserEmbedding",
]
