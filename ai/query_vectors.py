"""What a question means, asked of the model while somebody waits (docs/decisions/025-hybrid-search.md).

A hint that makes search better and no more: whoever asks for it gets it soon, or goes on without.
"""

import hashlib
import logging
import struct
import time
from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import BoundedSemaphore
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from ai.breaker import Breaker
from ai.clients.embeddings import cut, embed_texts
from ai.clients.errors import InputRefusedError, ModelError, ModelRateLimitedError
from ai.embeddable import KINDS
from ai.nearness import BACKGROUND, floor_of, normal
from lifestring.db import connection_release
from lifestring.search.questions import understood

logger = logging.getLogger(__name__)

# So long somebody waits; an answer that comes later serves whoever asks the same next.
PATIENCE_SECONDS = 1.5
DEADLINE_SECONDS = 6.0
KEPT_SECONDS = 3600
STORED_KEPT_SECONDS = 60
# Among so many vectors of a table it is counted whose they are. A model with less than this share is left out: an index
# would look through all others in vain.
COUNTED = 10_000
SHARE = 0.05
MOST_MODELS = 2
# At most so many threads of a process wait at once: the others have requests to serve.
MOST_WAITING = max(1, settings.REST_THREADS // 2)

_slots = BoundedSemaphore(MOST_WAITING)
_askers = ThreadPoolExecutor(MOST_WAITING, thread_name_prefix="query-vector")
_breaker = Breaker()
Server = tuple[str, str]
# By model, the types of things that have vectors of it.
Stored = dict[str, list[str]]
# What the background means, by server and model, as unit vectors.
_backgrounds: dict[Server, list[list[float]]] = {}


class Meaning(NamedTuple):
    """What a question means to one model.

    Args:
        model: the `model_version` of the vectors it may be compared with.
        vector: filled up with zeros.
        floor: how near a text has to be, as a cosine.
    """

    model: str
    vector: list[float]
    floor: float


class QueryVector(NamedTuple):
    """What a question means to the model or, while `EMBED_MODEL` is being changed, to both of them.

    Args:
        meanings: each with the types of things that have vectors of its model.
    """

    meanings: tuple[tuple[Meaning, frozenset[str]], ...]

    def serves(self, types: Collection[str]) -> bool:
        """Whether anything of these types can be compared with it."""
        return any(not served.isdisjoint(types) for _, served in self.meanings)


def query_vector(text: str) -> QueryVector | None:
    """Return what a question means.

    Returns:
        None where no model is set up or none answers in time, where nothing is stored to compare with, and for questions
        with "phrases" or -exclusions: whoever asks so wants these words and no others. It never raises.
    """
    question = understood(text)
    if not settings.EMBEDDINGS or not question.words or question.phrases or question.excluded:
        return None
    until = time.monotonic() + PATIENCE_SECONDS
    asked = cut(" ".join(text.split()))
    stored = _stored()
    found = _kept(asked, stored)
    for model in stored:
        if model not in found:
            found[model] = _answer(asked, model, until - time.monotonic())
    meanings = tuple((meaning, frozenset(types)) for model, types in stored.items() if (meaning := found[model]))
    return QueryVector(meanings) if meanings else None


def _stored() -> Stored:
    """Which models' vectors are stored, as it was within the last minute."""
    key = f"search:models:{settings.EMBED_MODEL}"
    try:
        kept: Stored | None = cache.get(key)
    except redis.RedisError:
        return _count_stored()
    if kept is None:
        kept = _count_stored()
        _keep(key, kept, STORED_KEPT_SECONDS)
    return kept


def _count_stored() -> Stored:
    parts = (
        f"SELECT '{kind.name}', model_version, count(*)"  # noqa: S608 - constants
        f" FROM (SELECT model_version FROM {kind.table} LIMIT {COUNTED}) AS counted GROUP BY 2"
        for kind in KINDS
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        counted = cursor.fetchall()
    of_type: Counter[str] = Counter()
    of_model: Counter[str] = Counter()
    for name, model, count in counted:
        of_type[name] += count
        of_model[model] += count
    enough = {(name, model) for name, model, count in counted if count >= SHARE * of_type[name]}
    models = sorted(of_model, key=lambda model: (model != settings.EMBED_MODEL, -of_model[model], model))
    found = {model: [kind.name for kind in KINDS if (kind.name, model) in enough] for model in models}
    return dict([(model, types) for model, types in found.items() if types][:MOST_MODELS])


def _answer(text: str, model: str, patience: float) -> Meaning | None:
    """Ask a model and wait for so many seconds; None where it is not worth it, or was not."""
    server = (settings.EMBED_BASE_URL, model)
    if patience <= 0 or _breaker.is_open(server) or not _slots.acquire(blocking=False):
        return None
    connection_release()
    try:
        meaning = _askers.submit(copy_context().run, _ask, text, server).result(timeout=patience)
    except (ModelError, TimeoutError) as error:
        _breaker.failed(server, error.retry_after if isinstance(error, ModelRateLimitedError) else None)
        logger.warning("search goes by words alone: %s", str(error) or "The embeddings server is slow.")
        return None
    _breaker.succeeded(server)
    return meaning


def _ask(text: str, server: Server) -> Meaning | None:
    """Ask a model, in a thread of its own, and keep what it says; None if it refuses the text."""
    model = server[1]
    try:
        # One request for both, the first time.
        more = () if server in _backgrounds else BACKGROUND
        vector, *background = embed_texts([text, *more], model=model, deadline=DEADLINE_SECONDS)
        if background:
            _backgrounds[server] = [normal(one) for one in background]
        meaning = Meaning(model, vector, floor_of(vector, _backgrounds[server]))
    except InputRefusedError:
        _keep(_key(model, text), None)
        return None
    finally:
        _slots.release()
    _keep(_key(model, text), (_packed(vector), meaning.floor))
    return meaning


def _kept(text: str, models: Iterable[str]) -> dict[str, Meaning | None]:
    """What these models said lately; None of what they refused."""
    keys = {_key(model, text): model for model in models}
    try:
        found: dict[str, Any] = cache.get_many(keys)
    except redis.RedisError:
        return {}
    return {
        keys[key]: Meaning(keys[key], _unpacked(value[0]), value[1]) if value else None for key, value in found.items()
    }


def _keep(key: str, value: Any, seconds: int = KEPT_SECONDS) -> None:
    try:
        cache.set(key, value, seconds)
    except redis.RedisError:
        return  # it is asked again


def _key(model: str, text: str) -> str:
    """Of a digest: what people look for is their business."""
    return f"search:vector:{hashlib.sha256(f'{model} {text}'.encode()).hexdigest()}"


def _packed(vector: list[float]) -> bytes:
    return struct.pack(f"<{len(vector)}f", *vector)


def _unpacked(packed: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))
