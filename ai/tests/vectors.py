"""Vectors that tests write themselves: people and strings that point where the test says."""

import math
import uuid

from ai.models import DEFAULT_MODEL, DIMENSIONS, StringEmbedding, UserEmbedding
from lifestring.testing.people import Person
from strings.tests.posts import string_row


def towards(*parts: float) -> list[float]:
    """A vector with these first parts, and nothing in all other directions."""
    return [*parts, *[0.0] * (DIMENSIONS - len(parts))]


def at(likeness: float, turn: float = 0.0) -> list[float]:
    """A unit vector that is so much like `towards(1)`; those of different turns have less in common."""
    rest = math.sqrt(1 - likeness * likeness)
    return towards(likeness, rest * math.cos(turn), rest * math.sin(turn))


def apart(likeness: float, n: int) -> list[float]:
    """The same for as many as one likes, none of which is a near-copy of another."""
    return towards(likeness, *[0.0] * n, math.sqrt(1 - likeness * likeness))


def means(person: Person, vector: list[float], model: str = DEFAULT_MODEL) -> None:
    """Say what a person's profile means."""
    UserEmbedding.objects.create(user_id=person.user_id, embedding=vector, content_hash="", model_version=model)


def string_meaning(author: Person, second: int, vector: list[float], model: str = DEFAULT_MODEL) -> uuid.UUID:
    """A string from so many seconds on, and what it means."""
    made = string_row(author, second, content_text=f"at {second}")
    StringEmbedding.objects.create(string_id=made.id, embedding=vector, content_hash="", model_version=model)
    return made.id
