"""What is embedded of a string, a person and an event, in readable sentences (docs/decisions/018-embeddings.md).

Of a profile only the keys named here are read, and contact data never: other clients write these columns too, and may
keep anything in them.
"""

import hashlib
import json
from typing import Any

MAX_ITEMS = 50
MAX_ITEM = 200
MAX_PHRASE = 2000
# Of the author's interests, so many are context enough.
MAX_CONTEXT = 20

_ATTRIBUTES = {
    "interests": "Interested in {}.",
    "passions": "Passionate about {}.",
    "hobbies": "Hobbies: {}.",
    "skills": "Good at {}.",
    "questions": "Wonders about {}.",
    "enneagram": "Enneagram type {}.",
}
_BIOGRAPHY = {
    "bio": "{}",
    "work": "Work: {}.",
    "education": "Education: {}.",
    "goals": "Goals: {}.",
    "ambitions": "Ambitions: {}.",
    "dreams": "Dreams: {}.",
    "looking_for": "Looking for {}.",
    "relationship_status": "Relationship: {}.",
}
_CONTEXT = ("interests", "passions", "hobbies")


def person_text(attributes: str | None, biography: str | None) -> str:
    """Return what a person is about, empty where they say nothing.

    Args:
        attributes: the column's JSON as text; whatever it holds.
        biography: likewise.
    """
    said = [*_sentences(_object(biography), _BIOGRAPHY), *_sentences(_object(attributes), _ATTRIBUTES)]
    return "\n".join(said)


def string_text(content: str | None, attributes: str | None) -> str:
    """Return a string's text with what its author cares about as context, empty where it has no text.

    Args:
        content: the string's own text.
        attributes: the author's attributes, as JSON text.
    """
    if not content or not content.strip():
        return ""
    written = _object(attributes)
    words = dict.fromkeys(word for name in _CONTEXT for word in _words(written.get(name)))
    context = ", ".join(list(words)[:MAX_CONTEXT])
    return f"{content.strip()}\n\nThe author cares about {context}." if context else content.strip()


def event_text(content: str | None, tags: str | None) -> str:
    """Return an event's title, description and place with its tags, empty where it says nothing.

    Args:
        content: the former, a line for each.
        tags: the latter, as JSON text; whatever it holds.
    """
    if not content or not content.strip():
        return ""
    listed = ", ".join(_words(_json(tags)))
    return f"{content.strip()}\n\nAbout {listed}." if listed else content.strip()


def content_hash(model: str, text: str) -> str:
    """Return what tells whether a text, or the model, is another; ai/embeddable.py makes the same in SQL."""
    return hashlib.sha256(f"{model}\n{text}".encode("utf-8", "replace")).hexdigest()


def _object(written: str | None) -> dict[str, Any]:
    value = _json(written)
    return value if isinstance(value, dict) else {}


def _json(written: str | None) -> Any:
    try:
        return json.loads(written or "null")
    except (RecursionError, ValueError):
        return None  # nested, or with numbers, beyond what Python reads


def _sentences(values: dict[str, Any], forms: dict[str, str]) -> list[str]:
    found = ((form, ", ".join(_words(values.get(name))).rstrip(". ")) for name, form in forms.items())
    return [form.format(said) for form, said in found if said]


def _words(value: Any) -> list[str]:
    """The texts in a value: one, or those of a list."""
    if isinstance(value, list):
        return [text[:MAX_ITEM] for item in value[:MAX_ITEMS] if (text := _word(item))]
    return [text[:MAX_PHRASE]] if (text := _word(value)) else []


def _word(value: Any) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else ""
