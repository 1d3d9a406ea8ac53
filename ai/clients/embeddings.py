"""The way to the embeddings server: texts in, checked vectors out, or one of the errors of ai/clients/errors.py."""

import base64
import binascii
import math
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx2
import openai
import orjson
from django.conf import settings
from openai import OpenAI

from ai.clients.errors import (
    BadAnswerError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
    ModelUnavailableError,
)
from ai.clients.refusals import retry_after
from ai.clients.usage import Usage
from ai.clients.watching import watched
from ai.models import DIMENSIONS
from ai.prices import tokens_in

CONNECT_SECONDS = 5.0
# From the request to the last byte of the answer; and for how long the server may be silent.
DEADLINE_SECONDS = 30.0
SILENCE_SECONDS = 20.0
# The API's limits. A token is at least one byte of text, so counting bytes never counts too little.
MAX_INPUTS = 2048
MAX_REQUEST_TOKENS = 300_000
MAX_INPUT_TOKENS = 8192
# A float as a JSON number takes some 25 bytes; nothing larger can be an answer.
MAX_BYTES_PER_VECTOR = 32 * 3072
# What a number of the column can be.
MAX_FLOAT = 3.4e38


class HasInput(Protocol):
    """Something with a text to embed."""

    @property
    def input(self) -> str:
        """The text."""


T = TypeVar("T", bound=HasInput)


def cut(text: str) -> str:
    """Return as much of a text as one input may be, without half a character at its end."""
    return text.encode("utf-8", "replace")[:MAX_INPUT_TOKENS].decode("utf-8", "ignore")


def requests(things: Iterable[T], *, most: int = MAX_INPUTS) -> Iterator[list[T]]:
    """Divide what is to be embedded into requests the API takes.

    Args:
        things: each with its `input`, cut already.
        most: how many at most in one request.
    """
    batch: list[T] = []
    tokens = 0
    for thing in things:
        size = len(thing.input.encode())
        if batch and (len(batch) >= most or tokens + size > MAX_REQUEST_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(thing)
        tokens += size
    if batch:
        yield batch


class Embedded(NamedTuple):
    """The vector of each text, and what reading them took."""

    vectors: list[list[float]]
    usage: Usage


def embed_texts(texts: Sequence[str], *, model: str | None = None, deadline: float | None = None) -> list[list[float]]:
    """Return the vectors of `embed_and_count` alone."""
    return embed_and_count(texts, model=model, deadline=deadline).vectors


def embed_and_count(texts: Sequence[str], *, model: str | None = None, deadline: float | None = None) -> Embedded:
    """Return the vector of each text, filled up with zeros to what the columns hold.

    Args:
        texts: one request's worth (see `requests`), none of them empty.
        model: by which model; `EMBED_MODEL` if None.
        deadline: after how many seconds to give up; as long as a job may wait if None.

    Raises:
        ModelError: one of its kinds.
    """
    if not texts:
        return Embedded([], Usage(0, 0, 0))
    model = model or settings.EMBED_MODEL
    with watched("embeddings", model) as call:
        try:
            body = _ask(texts, model, deadline or DEADLINE_SECONDS)
        except openai.APIStatusError as error:
            raise _refusal(error) from error
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise ModelUnavailableError(f"The embeddings server does not answer: {type(error).__name__}.") from error
        embedded = _embedded(body, texts, model)
        call.usage = embedded.usage
    return embedded


@lru_cache(maxsize=1)
def client(base_url: str, api_key: str) -> OpenAI:
    """Return this process's connection to a server; threads share it."""
    # Retries are the job's: one that sleeps in here would hold a worker, and know nothing of the others'.
    return OpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0)


def _ask(texts: Sequence[str], model: str, deadline: float) -> bytes:
    """The answer's body, read by the clock: each piece of an endless one would come in time."""
    started = time.monotonic()
    asked = client(settings.EMBED_BASE_URL, settings.EMBED_API_KEY).embeddings.with_streaming_response
    timeout = httpx2.Timeout(min(SILENCE_SECONDS, deadline), connect=min(CONNECT_SECONDS, deadline))
    with asked.create(input=list(texts), model=model, encoding_format="base64", timeout=timeout) as response:
        pieces, size = [], 0
        for piece in response.iter_bytes():
            size += len(piece)
            pieces.append(piece)
            if time.monotonic() - started > deadline:
                raise ModelUnavailableError("The embeddings server did not finish its answer in time.")
            if size > MAX_BYTES_PER_VECTOR * (len(texts) + 1):
                raise BadAnswerError("The embeddings server's answer is too long to be one.")
        return b"".join(pieces)


def _refusal(error: openai.APIStatusError) -> ModelError:
    status = error.status_code
    # Never the server's own words: they may quote the text, or the key.
    if status == 429:
        return ModelRateLimitedError("The embeddings server is being asked too much.", retry_after(error.response))
    if status in {400, 413, 422}:
        return InputRefusedError(f"The embeddings server refuses the input ({status}).")
    hint = {
        401: ": look at EMBED_API_KEY or OPENAI_API_KEY",
        403: ": the key may not use it",
        404: ": look at EMBED_MODEL and EMBED_BASE_URL",
    }.get(status, "")
    return ModelUnavailableError(f"The embeddings server answers {status}{hint}.")


def _embedded(body: bytes, texts: Sequence[str], model: str) -> Embedded:
    try:
        answer = orjson.loads(body)
        data = answer["data"]
        by_place = {int(item["index"]): item["embedding"] for item in data}
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BadAnswerError("The embeddings server's answer is none: no JSON of that shape.") from error
    count = len(texts)
    if len(data) != count or set(by_place) != set(range(count)):
        raise BadAnswerError(f"The embeddings server was asked for {count} vectors and sent {len(data)}.")
    return Embedded([_vector(by_place[place], model) for place in range(count)], _usage(answer.get("usage"), texts))


def _usage(said: Any, texts: Sequence[str]) -> Usage:
    """The tokens as the server counted them, or as we do where it does not say."""
    tokens = said.get("prompt_tokens") if isinstance(said, dict) else None
    if isinstance(tokens, int) and 0 <= tokens <= MAX_REQUEST_TOKENS:
        return Usage(tokens, 0, 0)
    return Usage(sum(map(tokens_in, texts)), 0, 0, is_estimate=True)


def _vector(sent: Any, model: str) -> list[float]:
    numbers = _numbers(sent)
    if not numbers or not all(math.isfinite(number) and abs(number) <= MAX_FLOAT for number in numbers):
        raise BadAnswerError("The embeddings server sent a vector with what is no number.")
    if not any(numbers):
        raise BadAnswerError("The embeddings server sent a vector of nothing but zeros.")
    if len(numbers) > DIMENSIONS:
        raise BadAnswerError(
            f"EMBED_MODEL {model} makes vectors of {len(numbers)} dimensions; the database holds {DIMENSIONS} or fewer."
        )
    return numbers + [0.0] * (DIMENSIONS - len(numbers))


def _numbers(sent: Any) -> list[float]:
    """The numbers as they were asked for, base64 of little-endian floats, or as a list: some servers know no other."""
    if isinstance(sent, str):
        try:
            packed = base64.b64decode(sent, validate=True)
            return [number for (number,) in struct.iter_unpack("<f", packed)]
        except (binascii.Error, ValueError, struct.error):
            return []
    if isinstance(sent, list) and all(isinstance(n, int | float) and not isinstance(n, bool) for n in sent):
        try:
            return [float(number) for number in sent]
        except OverflowError:
            return []
    return []
