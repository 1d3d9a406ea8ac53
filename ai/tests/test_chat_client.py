"""The real SDK chatting with a server on loopback: what is sent, what comes back, and that nothing odd is believed."""

import asyncio
from typing import Any

from ai.clients.chat import Finished, Started, Token, complete_chat, stream_chat
from lifestring.testing.openai_server import ModelServer

HELLO = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello there"}]


def streamed(**how: Any) -> list[Any]:
    async def run() -> list[Any]:
        return [event async for event in stream_chat(HELLO, **{"max_tokens": 100, **how})]

    return asyncio.run(run())


def test_an_answer_comes_in_pieces_and_whole(chatting: ModelServer):
    first, *tokens, last = streamed(user="6f1c")
    assert first == Started("gpt-6-luna")
    assert [type(token) for token in tokens] == [Token] * 4
    assert isinstance(last, Finished)
    assert last.text == "".join(token.text for token in tokens) == "You said: Hello there"
    assert (last.finish_reason, last.tool_calls, last.usage.completion_tokens) == ("stop", (), 4)
    assert not last.usage.is_estimate
    assert asyncio.run(complete_chat(HELLO, max_tokens=100)) == last
    body = chatting.chats[0].body
    assert (body["model"], body["max_completion_tokens"], body["reasoning_effort"]) == ("gpt-6-luna", 100, "none")
    assert len(body["safety_identifier"]) == 64
