"""The real SDK against a server on loopback: what is sent, and that nothing odd that comes back is believed."""

import base64
import struct
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import pytest

from ai.clients.embeddings import MAX_INPUT_TOKENS, MAX_REQUEST_TOKENS, cut, embed_and_count, embed_texts, requests
from ai.clients.errors import (
    BadAnswerError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
    ModelUnavailableError,
)
from ai.clients.usage import Usage
from lifestring.local.ports import free_port
from lifestring.testing.openai_server import GARBAGE, HTML, ModelServer, Reply, failure, too_many
from lifestring.testing.word_vectors import vector_of


@dataclass(frozen=True)
class Thing:
    input: str


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_vectors_come_in_the_order_of_the_texts(models: ModelServer):
    models.change = lambda answer: {**answer, "data": answer["data"][::-1]}
    found = embed_texts(["chess", "jazz"])
    assert [pytest.approx(vector_of(text), abs=1e-6) for text in ("chess", "jazz")] == found
    [body] = models.requests
    assert body == {"input": ["chess", "jazz"], "model": "text-embedding-3-small", "encoding_format": "base64"}
    assert embed_texts([]) == []
    assert len(models.requests) == 1


def test_what_reading_took_is_as_the_server_counts_or_as_we_do(models: ModelServer):
    texts = ["chess and go", "jazz"]
    assert embed_and_count(texts).usage == Usage(4, 0, 0)
    for said in ({}, {"usage": 7}, {"usage": {"prompt_tokens": -1}}, {"usage": {"prompt_tokens": "4"}}):
        models.change = lambda answer, said=said: {**answer, "usage": None, **said}
        assert embed_and_count(texts).usage == Usage(4, 0, 0, is_estimate=True)
    assert embed_and_count([]).usage == Usage(0, 0, 0)


def test_a_server_that_knows_only_lists_of_numbers_and_fewer_of_them_serves_too(models: ModelServer):
    models.dimensions = 3

    def as_lists(answer: dict[str, Any]) -> dict[str, Any]:
        data = [{**item, "embedding": vector_of("chess", 3)} for item in answer["data"]]
        return {**answer, "data": data}

    models.change = as_lists
    [vector] = embed_texts(["chess"])
    assert vector == vector_of("chess", 3) + [0.0] * 1533


def one(embedding: Any) -> Reply:
    return Reply(200, {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": embedding}]})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (HTML, BadAnswerError),
        (GARBAGE, BadAnswerError),
        (Reply(200, b""), BadAnswerError),
        (Reply(200, b"[]"), BadAnswerError),
        (Reply(200, {"data": None}), BadAnswerError),
        (Reply(200, {"data": []}), BadAnswerError),
        (Reply(200, {"data": [{"index": 1, "embedding": [1.0]}]}), BadAnswerError),
        (Reply(200, {"data": [{"index": 0, "embedding": [1.0]}] * 2}), BadAnswerError),
        (Reply(200, b'{"data": [{"index": 0, "embedding": [NaN]}]}'), BadAnswerError),
        (Reply(200, b'{"data": [{"index": 0, "embedding": [1e999]}]}'), BadAnswerError),
        (Reply(200, b" " * 300_000), BadAnswerError),
        (one([1e300]), BadAnswerError),
        (one([10**400]), BadAnswerError),
        (one(["1"]), BadAnswerError),
        (one([True]), BadAnswerError),
        (one([]), BadAnswerError),
        (one([0.0, 0.0]), BadAnswerError),
        (one(None), BadAnswerError),
        (one("not base64!"), BadAnswerError),
        (one("AAA="), BadAnswerError),
        (one(packed(float("nan"))), BadAnswerError),
        (one(packed(*[0.5] * 3072)), BadAnswerError),
        (failure(400, "invalid_request_error"), InputRefusedError),
        (failure(401, "invalid_api_key"), ModelUnavailableError),
        (failure(404, "model_not_found"), ModelUnavailableError),
        (failure(500), ModelUnavailableError),
        (Reply(502, HTML.body), ModelUnavailableError),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}), ModelUnavailableError),
    ],
)
def test_what_is_no_answer_is_an_error_and_asked_once(models: ModelServer, reply: Reply, error: type[ModelError]):
    models.replies = [reply]
    with pytest.raises(error) as raised:
        embed_texts(["chess"])
    assert type(raised.value) is error
    assert "chess" not in str(raised.value)
    assert "sk-test" not in str(raised.value)
    assert len(models.requests) == 1


def test_a_model_of_too_many_dimensions_says_what_to_change(models: ModelServer):
    models.dimensions = 3072
    with pytest.raises(BadAnswerError, match=r"EMBED_MODEL text-embedding-3-small makes vectors of 3072 dimensions"):
        embed_texts(["chess"])


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-1", 0), ("1e9", 3600), (None, None), ("soon", None), ("nan", None), ("inf", None)],
)
def test_a_server_that_is_asked_too_much_says_for_how_long(
    models: ModelServer, said: str | None, seconds: float | None
):
    models.replies = [too_many(said)]
    with pytest.raises(ModelRateLimitedError) as raised:
        embed_texts(["chess"])
    assert raised.value.retry_after == seconds


def test_a_pause_may_be_said_as_a_date(models: ModelServer):
    models.replies = [too_many(formatdate(time.time() + 60, usegmt=True))]
    with pytest.raises(ModelRateLimitedError) as raised:
        embed_texts(["chess"])
    assert 50 < (raised.value.retry_after or 0) <= 60


def test_silence_and_endless_answers_end_in_time(models: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ai.clients.embeddings.SILENCE_SECONDS", 0.2)
    monkeypatch.setattr("ai.clients.embeddings.DEADLINE_SECONDS", 0.3)
    for reply in (Reply(delay=1.0), Reply(200, b" " * 100, delay_per_byte=0.02)):
        models.replies = [reply]
        started = time.monotonic()
        with pytest.raises(ModelUnavailableError):
            embed_texts(["chess"])
        assert time.monotonic() - started < 0.9
    settings.EMBED_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    with pytest.raises(ModelUnavailableError, match="does not answer: APIConnectionError"):
        embed_texts(["chess"])


def test_requests_keep_to_what_the_api_takes():
    long = cut("é" * 20_000)
    assert len(long.encode()) == MAX_INPUT_TOKENS
    assert cut("a" + "é" * 20_000).encode()[-2:] == "é".encode()
    assert cut("lone \ud800") == "lone ?"
    divided = list(requests([Thing(long)] * 100))
    assert sum(map(len, divided)) == 100
    assert all(sum(len(thing.input.encode()) for thing in batch) <= MAX_REQUEST_TOKENS for batch in divided)
    assert [len(batch) for batch in requests([Thing("a")] * 5000)] == [2048, 2048, 904]
    assert [len(batch) for batch in requests([Thing("a")] * 5, most=2)] == [2, 2, 1]
    assert list(requests([])) == []
