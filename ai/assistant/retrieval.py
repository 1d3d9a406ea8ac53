"""Finding what may help with a question, among what the asker may see now."""

import re

from accounts.callers import Caller
from ai import hybrid
from ai.assistant.things import Ref
from ai.query_vectors import query_vector

MAX_OF_EACH = 4
# Of a question that finds nothing as a whole, so many of its longest words are looked for alone.
MAX_WORDS = 3
MIN_LETTERS = 4
MAX_QUESTION = 1_000
_TYPES = {"strings": "string", "people": "user", "events": "event"}


def retrieved(caller: Caller, question: str) -> list[Ref]:
    """Return what answers a question, the best first: strings, people and events by type and id.

    A question is a sentence and no search, whose words would all have to be there. Where no model says what it means, its
    longest words stand for it.
    """
    text = question[:MAX_QUESTION]
    vector = query_vector(text)
    found = hybrid.search(caller, text, limit=MAX_OF_EACH, vector=vector)
    if vector is None:
        for word in _longest_words(text):
            found += hybrid.search(caller, word, limit=MAX_OF_EACH)
    refs = list(dict.fromkeys((_TYPES[one.type], one.id) for one in found if one.id != caller.user_id))
    return [ref for type_ in _TYPES.values() for ref in [ref for ref in refs if ref[0] == type_][:MAX_OF_EACH]]


def _longest_words(text: str) -> list[str]:
    words = dict.fromkeys(word.lower() for word in re.findall(r"[^\W\d_]+", text) if len(word) >= MIN_LETTERS)
    return sorted(words, key=len, reverse=True)[:MAX_WORDS]
