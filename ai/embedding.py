"""From texts to stored vectors: what is unchanged is left alone, what others are at is left to them.

Nothing here holds a transaction, or a connection, while the model is asked.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings

from ai import claims, services
from ai.clients.embeddings import embed_and_count, requests
from ai.clients.errors import InputRefusedError, ModelUnavailableError
from ai.embeddable import KINDS, Kind, Text, Wanted, stored_hashes, texts, walk
from ai.models import Purpose
from lifestring.db import connection_release

logger = logging.getLogger(__name__)

# Texts in one request: what a killed worker may have paid for in vain.
BATCH = 100
# A model that refuses so many of one request refuses everything.
MAX_REFUSED = 8
SWEEP_MOST = 10_000
SWEEP_SECONDS = 8 * 60.0


class Outcome(NamedTuple):
    """What became of some texts.

    Args:
        embedded: so many were sent to the model, and their vectors stored.
        left: so many somebody else is embedding right now.
        refused: so many the model does not take.
    """

    embedded: int = 0
    left: int = 0
    refused: int = 0

    def plus(self, other: "Outcome") -> "Outcome":
        """Return both together."""
        return Outcome(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def embed_ids(kind: Kind, ids: Sequence[uuid.UUID]) -> Outcome:
    """Embed what these ids stand for, as far as it needs to be; ids of nothing are passed over.

    Raises:
        ModelError: the model could not be asked; what was stored by then stays.
    """
    return embed(kind, texts(kind, ids))


def embed(kind: Kind, found: Sequence[Text], *, force: bool = False) -> Outcome:
    """Embed texts that were just read.

    Args:
        kind: what they are of.
        found: the texts.
        force: also those whose vector is right.

    Raises:
        ModelError: as `embed_ids`.
    """
    for text in found:
        if (not text.input and text.stored_hash is not None) or (text.is_current and text.is_older):
            services.embedding_settle(user_id=text.user_id, kind=kind, text=text)
    outcome = Outcome()
    for batch in requests([t for t in found if t.input and (force or not t.is_current)], most=BATCH):
        outcome = outcome.plus(_claimed(kind, batch, force=force))
    return outcome


def embeddings_sweep() -> Outcome:
    """Embed what is missing or outdated, whoever wrote it and whatever became of its job, as much as one run may.

    Raises:
        ModelError: as `embed_ids`; the next run goes on from there.
    """
    started = time.monotonic()
    outcome = Outcome()
    for kind in KINDS:
        for page in walk(kind, Wanted(only_suspect=True)):
            outcome = outcome.plus(embed(kind, page))
            if outcome.embedded >= SWEEP_MOST or time.monotonic() - started > SWEEP_SECONDS:
                return outcome
    return outcome


def _claimed(kind: Kind, batch: list[Text], *, force: bool) -> Outcome:
    """Embed those of one request's texts that nobody else is at."""
    by_claim = {f"{kind.name}:{text.id}:{text.hash}": text for text in batch}
    mine, others = claims.claim(by_claim)
    try:
        own = {name: text for name, text in by_claim.items() if name in mine}
        # Asked once it is claimed: whoever had the claim before has stored by now.
        stored = stored_hashes(kind, [text.id for text in own.values()])
        wanted = {name: text for name, text in own.items() if force or stored.get(text.id) != text.hash}
        refused: list[str] = []
        embedded = _embed(kind, wanted, refused)
        mine -= set(refused)
        return Outcome(embedded, len(others), len(refused))
    finally:
        claims.release(mine)


def _embed(kind: Kind, wanted: dict[str, Text], refused: list[str]) -> int:
    """Embed and store; what the model refuses is found by halving, noted in `refused`, and spoils nothing else."""
    if not wanted:
        return 0
    connection_release()
    try:
        started = time.monotonic()
        vectors, usage = embed_and_count([text.input for text in wanted.values()])
    except InputRefusedError as error:
        names = list(wanted)
        if len(names) > 1:
            halves = (names[: len(names) // 2], names[len(names) // 2 :])
            return sum(_embed(kind, {name: wanted[name] for name in half}, refused) for half in halves)
        if len(refused) >= MAX_REFUSED:
            raise ModelUnavailableError("The embeddings server refuses whatever it is sent.") from error
        logger.warning("%s %s cannot be embedded: %s", kind.name, wanted[names[0]].id, error)
        claims.remember_refusal(names[0])
        refused.append(names[0])
        return 0
    stored = sum(
        services.embedding_store(user_id=text.user_id, kind=kind, text=text, vector=vector)
        for text, vector in zip(wanted.values(), vectors, strict=True)
    )
    services.usage_record(
        user_id=None,
        purpose=Purpose.EMBEDDING,
        model=settings.EMBED_MODEL,
        usage=usage,
        outcome="done",
        latency_ms=round(1000 * (time.monotonic() - started)),
    )
    return stored
