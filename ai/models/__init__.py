"""Supabase's tables of embeddings (`embeddings`), and ours about the assistant and what models cost (`usage`)."""

from ai.models.assistant import AssistantAnswer, AssistantTurn
from ai.models.embeddings import DEFAULT_MODEL, DIMENSIONS, EventEmbedding, StringEmbedding, UserEmbedding
from ai.models.usage import MessageCount, Outcome, Purpose, Spending, UsageEntry

__all__ = [
    "DEFAULT_MODEL",
    "DIMENSIONS",
    "AssistantAnswer",
    "AssistantTurn",
    "EventEmbedding",
    "MessageCount",
    "Outcome",
    "Purpose",
    "Spending",
    "StringEmbedding",
    "UsageEntry",
    "UserEmbedding",
]
