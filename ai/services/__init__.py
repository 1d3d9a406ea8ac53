"""Everything that writes in this app; decorated functions are the only public ones."""

from ai.services.assistant import (
    Answer,
    Turn,
    turn_begin,
    turn_cancel,
    turn_finish,
    turn_repeat,
    turns_sweep,
    turns_watch,
)
from ai.services.embeddings import (
    embedding_settle,
    embedding_store,
    event_embeddings_sweep,
    user_embedding_request,
)
from ai.services.orphans import answers_orphans_sweep
from ai.services.recommendations import (
    recommendation_create,
    recommendation_delete,
    recommendation_update,
    recommendation_view,
    recommendations_generate,
    recommendations_refresh,
)
from ai.services.usage import usage_extend, usage_record, usage_reserve, usage_settle
from ai.services.usage_sweeps import usage_orphans_sweep, usage_sweep, usage_trim

__all__ = [
    "Answer",
    "Turn",
    "answers_orphans_sweep",
    "embedding_settle",
    "embedding_store",
    "event_embeddings_sweep",
    "recommendation_create",
    "recommendation_delete",
    "recommendation_update",
    "recommendation_view",
    "recommendations_generate",
    "recommendations_refresh",
    "turn_begin",
    "turn_cancel",
    "turn_finish",
    "turn_repeat",
    "turns_sweep",
    "turns_watch",
    "usage_extend",
    "usage_orphans_sweep",
    "usage_record",
    "usage_reserve",
    "usage_settle",
    "usage_sweep",
    "usage_trim",
    "user_embedding_request",
]
