"""The real SDK chatting with a server on loopback: what is sent, what comes back, and that nothing odd is believed."""

import asyncio
import gc
import json
import time
from contextlib import aclosing
from typing import Any

import pytest

from ai.clients import connections
from ai.clients.chat import Finished, Started, Token, ToolCall, complete_chat, stream_chat
from ai.clients.errors import (
    BadAnswerError,
    ContextTooLongError,
    InputRefusedError,
    ModelError,
    ModelRateLimitedError,
    ModelUnavailableError,
)
from ai.clients.usage import Usage
from lifestring.local.ports import free_port
from lifestring.testing.openai_server import GARBAGE, HTML, ModelServer, Reply, failure, too_many

HELLO = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello there"}]
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}
SSE = {"Content-Type": "text/event-stream"}


def streamed(**how: Any) -> list[Any]:
    async def run() -> list[Any]:
        return [event async for event in stream_chat(HELLO, **{"max_tokens": 100, **how})]

    return asyncio.run(run())


def whole(**how: Any) -> Finished:
    return asyncio.run(complete_chat(HELLO, **{"max_tokens": 100, **how}))


def chunk(delta: Any = None, finish_reason: Any = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


def raw(*events: bytes) -> Reply:
    return Reply(200, b"".join(events), SSE)


DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}\n\n'


class TestAnAnswer:
    def test_comes_in_pieces_and_whole(self, chatting: ModelServer):
        first, *tokens, last = streamed()
        assert first == Started("gpt-6-luna")
        assert [type(token) for token in tokens] == [Token] * 4
        assert isinstance(last, Finished)
        assert last.text == "".join(token.text for token in tokens) == "You said: Hello there"
        assert (last.finish_reason, last.tool_calls, last.usage.completion_tokens) == ("stop", (), 4)
        assert not last.usage.is_estimate
        assert whole() == last

    def test_is_asked_for_with_what_the_model_needs_and_nobodys_id(self, chatting: ModelServer):
        whole(user="6f1c2a90", tools=[TOOL], as_json=True)
        whole(user="6f1c2a90")
        whole(user="another")
        body, same, other = (seen.body for seen in chatting.chats)
        identifier = body.pop("safety_identifier")
        assert body == {
            "model": "gpt-6-luna",
            "messages": HELLO,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_completion_tokens": 100,
            "reasoning_effort": "none",
            "response_format": {"type": "json_object"},
            "tools": [TOOL],
        }
        assert len(identifier) == 64
        assert "6f1c2a90" not in identifier
        assert same["safety_identifier"] == identifier != other["safety_identifier"]

    def test_says_how_many_tokens_came_from_the_cache(self, chatting: ModelServer):
        chatting.chat.cached_tokens = 10
        assert whole().usage.cached_tokens == 10

    def test_may_ask_for_tools(self, chatting: ModelServer):
        chatting.chat.call_tool("find", {"text": "chess ♞"})
        chatting.chat.call_tool("find", '{"text": ')
        first, last = streamed(tools=[TOOL])
        assert first == Started("gpt-6-luna")
        [call] = last.tool_calls
        assert (call.name, json.loads(call.arguments), last.finish_reason) == (
            "find",
            {"text": "chess ♞"},
            "tool_calls",
        )
        answered = [
            *HELLO,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": call.id, "type": "function", "function": call._asdict() | {"id": None}}],
            },
            {"role": "tool", "tool_call_id": call.id, "content": "[]"},
        ]
        broken = asyncio.run(complete_chat(answered, tools=[TOOL], max_tokens=100))
        assert broken.tool_calls[0].arguments == '{"text": '

    def test_may_end_for_other_reasons(self, chatting: ModelServer):
        assert whole(max_tokens=2)[1:4] == ("You said: ", (), "length")
        chatting.chat.say("I may not.", is_refusal=True)
        assert whole()[1:4] == ("I may not.", (), "refusal")
        chatting.chat.say("", finish_reason="content_filter")
        assert whole()[1:4] == ("", (), "content_filter")
        chatting.chat.say("", finish_reason="length")
        assert streamed()[0] == Started("gpt-6-luna")

    def test_comes_from_a_server_that_does_not_stream_too(self, chatting: ModelServer):
        chatting.chat.streams = False
        assert whole().text == "You said: Hello there"
        chatting.chat.call_tool("find", {})
        chatting.chat.say("No.", is_refusal=True)
        assert whole(tools=[TOOL]).tool_calls[0][1:] == ("find", "{}")
        assert whole()[1:4] == ("No.", (), "refusal")

    def test_is_reckoned_where_the_server_does_not_count(self, chatting: ModelServer):
        chatting.chat.say("one two", has_usage=False)
        usage = whole().usage
        assert usage.is_estimate
        assert (usage.completion_tokens, usage.cached_tokens) == (2, 0)
        assert 15 < usage.prompt_tokens < 40
        for count in ({"prompt_tokens": -1, "completion_tokens": 1}, {"prompt_tokens": 1e9}, {"prompt_tokens": True}):
            chatting.replies = [raw(chunk({"content": "x"}, "stop", usage=count))]
            assert whole().usage.is_estimate

    def test_is_read_as_far_as_it_makes_sense(self, chatting: ModelServer):
        calls = [
            {"id": None, "function": {"name": "find", "arguments": '{"a":'}},
            {"index": 1, "id": "b", "function": {"name": "look"}},
        ]
        chatting.replies = [
            raw(
                b": a comment\n\nevent: message\r\nid: 7\r\n",
                b'data:{"choices": [], "prompt_filter_results": []}\n\n',
                chunk({"content": "nu\0ll"}).replace(b"\n\n", b"\r\n\r\n"),
                chunk({"tool_calls": calls}),
                chunk({"tool_calls": [{"index": 0, "function": {"arguments": " 1}"}}]}, "stop"),
                USAGE.rstrip(),
            )
        ]
        found = whole(tools=[TOOL])
        assert found.text == "null"
        assert found.tool_calls == (ToolCall("call_0", "find", '{"a": 1}'), ToolCall("b", "look", ""))
        assert (found.finish_reason, found.usage) == ("tool_calls", Usage(9, 0, 2))


class TestAServerOfOnesOwn:
    def test_is_not_sent_again_what_it_does_not_know(self, chatting: ModelServer, settings: Any):
        settings.CHAT_MODEL = "llama"
        chatting.chat.unknown_parameters = {"stream_options", "max_completion_tokens", "safety_identifier", "tools"}
        for asked in (5, 6):
            assert whole(user="me", tools=[TOOL]).text == "You said: Hello there"
            assert len(chatting.chats) == asked
        assert chatting.chats[-1].body == {"model": "llama", "messages": HELLO, "stream": True, "max_tokens": 100}

    def test_may_refuse_all_the_same(self, chatting: ModelServer):
        chatting.chat.unknown_parameters = {"messages"}
        with pytest.raises(InputRefusedError):
            whole()
        chatting.chat.unknown_parameters = {"max_completion_tokens", "max_tokens"}
        with pytest.raises(InputRefusedError):
            whole()
        assert len(chatting.chats) == 3


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (GARBAGE, BadAnswerError),
        (HTML, BadAnswerError),
        (Reply(200, b"null"), BadAnswerError),
        (Reply(200, b"[]"), BadAnswerError),
        (Reply(200, b"{}"), BadAnswerError),
        (raw(), BadAnswerError),
        (raw(DONE), BadAnswerError),
        (raw(chunk({}, "stop"), DONE), BadAnswerError),
        (raw(b"data: {\n\n"), BadAnswerError),
        (raw(b"data: 7\n\n"), BadAnswerError),
        (raw(b'data: {"choices": {}}\n\n'), BadAnswerError),
        (raw(b'data: {"choices": [7]}\n\n'), BadAnswerError),
        (raw(chunk({"content": ["a"]})), BadAnswerError),
        (raw(chunk({"tool_calls": [{"index": "x"}]})), BadAnswerError),
        (raw(b'data: {"error": {"message": "Hello there"}}\n\n'), ModelUnavailableError),
        (failure(400, "invalid_request_error", about=" Hello there"), InputRefusedError),
        (failure(422, "unprocessable"), InputRefusedError),
        (failure(400, "context_length_exceeded"), ContextTooLongError),
        (
            failure(400, "max", about=" max_tokens: the model's maximum context length is 4096 tokens"),
            ContextTooLongError,
        ),
        (failure(413), ContextTooLongError),
        (failure(401, "invalid_api_key", about=" sk-test"), ModelUnavailableError),
        (failure(403), ModelUnavailableError),
        (failure(404, "model_not_found"), ModelUnavailableError),
        (failure(429, "insufficient_quota"), ModelUnavailableError),
        (failure(500, about=" Hello there"), ModelUnavailableError),
        (Reply(502, HTML.body, HTML.headers), ModelUnavailableError),
        (Reply(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"}), ModelUnavailableError),
        (too_many(7), ModelRateLimitedError),
    ],
)
def test_what_is_no_answer_is_an_error_in_our_words_and_asked_once(
    chatting: ModelServer, reply: Reply, error: type[ModelError]
):
    chatting.replies = [reply]
    with pytest.raises(error) as raised:
        whole()
    assert type(raised.value) is error
    assert raised.value.used is None
    assert not any(word in str(raised.value) for word in ("Hello", "sk-test"))
    assert len(chatting.requests) == 1
    if isinstance(raised.value, ModelRateLimitedError):
        assert raised.value.retry_after == 7


class TestAnAnswerThatBreaksOff:
    @pytest.mark.parametrize("how", [{"cut_after": 2}, {"ends_after": 2}, {"silent_after": 2}])
    def test_leaves_what_came_and_says_what_it_cost(
        self, chatting: ModelServer, monkeypatch: pytest.MonkeyPatch, settings: Any, how: dict[str, int]
    ):
        monkeypatch.setattr("ai.clients.streams.SILENCE_SECONDS", 0.2)
        settings.CHAT_FALLBACK_MODEL = "another"
        chatting.chat.say("one two three", **how)
        came: list[Any] = []

        async def run() -> None:
            async for event in stream_chat(HELLO, max_tokens=100):
                came.append(event)

        with pytest.raises(ModelUnavailableError) as raised:
            asyncio.run(run())
        assert came == [Started("gpt-6-luna"), Token("one "), Token("two ")]
        assert raised.value.used is not None
        model, usage = raised.value.used
        assert (model, usage.completion_tokens, usage.is_estimate) == ("gpt-6-luna", 2, True)
        assert len(chatting.chats) == 1

    def test_is_over_in_time_however_it_goes_on(self, chatting: ModelServer, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("ai.clients.streams.SILENCE_SECONDS", 0.3)
        monkeypatch.setattr("ai.clients.chat.DEADLINE_SECONDS", 0.6)
        forever = chunk({"content": "x"}) * 100
        for reply, why in (
            (Reply(delay=5.0), "does not answer: APITimeoutError"),
            (Reply(200, b": ping\n" * 100, SSE, delay_per_byte=0.05), "fell silent"),
            (Reply(200, forever, SSE, delay_per_byte=0.001), "did not finish its answer in time"),
            (Reply(500, b"x" * 100, delay_per_byte=0.05), "does not answer: TimeoutError"),
        ):
            chatting.replies = [reply]
            started = time.monotonic()
            with pytest.raises(ModelUnavailableError, match=why):
                whole()
            assert time.monotonic() - started < 1.0

    def test_or_does_not_end_is_too_long_to_be_one(self, chatting: ModelServer):
        for reply in (raw(chunk({"content": "x" * 500_000}, "stop")), Reply(200, b" " * 500_000)):
            chatting.replies = [reply]
            with pytest.raises(BadAnswerError, match="too long"):
                whole()

    def test_is_paid_for_also_where_it_makes_no_sense(self, chatting: ModelServer):
        chatting.replies = [raw(chunk({"tool_calls": [{"index": at} for at in range(33)]}), USAGE)]
        with pytest.raises(BadAnswerError) as raised:
            whole()
        assert raised.value.used is not None
        chatting.replies = [raw(USAGE, chunk({}, "stop"))]
        with pytest.raises(BadAnswerError, match="nothing") as raised:
            whole()
        assert raised.value.used == ("gpt-6-luna", Usage(9, 0, 2))


class TestAnotherModel:
    @pytest.mark.parametrize(
        "reply", [failure(404, "model_not_found"), failure(500), too_many(5), HTML, GARBAGE, raw(chunk({}, "stop"))]
    )
    def test_answers_where_the_first_says_nothing(self, chatting: ModelServer, settings: Any, reply: Reply):
        settings.CHAT_FALLBACK_MODEL = "another"
        chatting.replies = [reply]
        assert streamed()[0] == Started("another")
        assert [seen.body["model"] for seen in chatting.chats] == ["gpt-6-luna", "another"]

    def test_answers_where_the_first_is_silent(
        self, chatting: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("ai.clients.streams.SILENCE_SECONDS", 0.2)
        settings.CHAT_FALLBACK_MODEL = "another"
        chatting.chat.say("late", delay=5.0)
        assert whole().model == "another"

    def test_is_not_asked_what_was_refused(self, chatting: ModelServer, settings: Any):
        settings.CHAT_FALLBACK_MODEL = "another"
        chatting.chat.context_tokens = 1
        with pytest.raises(ContextTooLongError):
            whole()
        assert len(chatting.chats) == 1

    def test_may_fail_as_well(self, chatting: ModelServer, settings: Any):
        settings.CHAT_FALLBACK_MODEL = "another"
        chatting.chat.models = {"neither"}
        with pytest.raises(ModelUnavailableError, match="look at CHAT_MODEL"):
            whole()
        assert len(chatting.chats) == 2


class TestTheConnection:
    @pytest.mark.parametrize("how", [{"silent_after": 1}, {"token_delay": 0.3}])
    @pytest.mark.parametrize("by", ["closing", "cancelling"])
    def test_ends_at_once_when_nobody_listens_any_more(self, chatting: ModelServer, how: dict[str, float], by: str):
        chatting.chat.say("one two three four", **how)
        left: list[float] = []

        async def listen() -> None:
            async with aclosing(stream_chat(HELLO, max_tokens=100)) as events:
                async for event in events:
                    if isinstance(event, Token):
                        if by == "cancelling":
                            await asyncio.sleep(30)
                        return

        async def run() -> None:
            task = asyncio.create_task(listen())
            while not (chatting.chats and by == "closing"):
                await asyncio.sleep(0.1)
                if by == "cancelling" and chatting.chats:
                    task.cancel()
                    break
            await asyncio.wait([task])
            left.append(time.monotonic())
            while chatting.chats[0].left_at is None:
                assert time.monotonic() - left[0] < 1.0
                await asyncio.sleep(0.01)

        asyncio.run(run())

    def test_is_kept_for_the_next_question_and_closed_with_its_loop(self, chatting: ModelServer):
        chatting.keeps_alive = True

        async def twice() -> None:
            for _ in range(2):
                await complete_chat(HELLO, max_tokens=10)
            assert len(connections._clients) == 1

        for loop in range(1, 4):
            asyncio.run(twice())
            assert chatting.connections == loop
        # What was left open would be told of here, and warnings are errors.
        gc.collect()
        assert connections._clients == {}

    def test_is_not_waited_for_once_all_is_said(self, chatting: ModelServer):
        chatting.chat.say("x", lingers=5.0)
        started = time.monotonic()
        assert whole().text == "x"
        assert time.monotonic() - started < 1.0

    def test_cannot_be_made_to_a_server_that_is_not_there(self, chatting: ModelServer, settings: Any):
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
        with pytest.raises(ModelUnavailableError, match="does not answer: APIConnectionError"):
            whole()

    def test_is_one_of_many_at_the_same_time(self, chatting: ModelServer):
        chatting.chat.token_delay = 0.05

        async def run() -> list[Finished]:
            return await asyncio.gather(*[complete_chat(HELLO, max_tokens=10) for _ in range(120)])

        started = time.monotonic()
        assert {answer.text for answer in asyncio.run(run())} == {"You said: Hello there"}
        assert time.monotonic() - started < 10
