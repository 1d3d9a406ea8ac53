"""What the people of a crowd post, like and answer; counters equal the rows."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from lifestring.seeding.crowd.copying import copy
from lifestring.seeding.crowd.crowd import Crowd

_STRING_COLUMNS = (
    "id, user_id, content_text, content_images, stringable_type, stringable_id, likes_count, comments_count, "
    "created_at, updated_at"
)
_LIKE_COLUMNS = "string_id, user_id, created_at, updated_at"
_COMMENT_COLUMNS = "id, string_id, user_id, parent_comment_id, content, created_at, updated_at"
_IMAGES = '["https://images.example.org/strings/crowd.jpg"]'
_ABOUT_EVENTS, _WITH_IMAGES, _REPLIES = 0.05, 0.25, 0.35


@dataclass
class _Posts:
    """What likes and comments have to know of the strings, by position: a million instances would not fit as well."""

    likes: list[int]
    comments: list[int]
    ids: list[str] = field(default_factory=list)
    authors: "array[int]" = field(default_factory=lambda: array("I"))
    ages: "array[float]" = field(default_factory=lambda: array("d"))


def plant_strings(crowd: Crowd) -> None:
    """Store strings with their likes and comments."""
    sizes = crowd.sizes
    posts = _Posts(
        likes=crowd.shares(sizes.strings, sizes.likes, most=sizes.people // 3),
        comments=crowd.shares(sizes.strings, sizes.comments, most=max(20, sizes.comments // 200)),
    )
    copy(crowd.progress, "public.strings", _STRING_COLUMNS, _strings(crowd, posts), sizes.strings)
    copy(crowd.progress, "public.string_likes", _LIKE_COLUMNS, _likes(crowd, posts), sizes.likes)
    copy(crowd.progress, "public.string_comments", _COMMENT_COLUMNS, _comments(crowd, posts), sizes.comments)


def _strings(crowd: Crowd, posts: _Posts) -> Iterator[str]:
    chance = crowd.random
    for position, (likes, comments) in enumerate(zip(posts.likes, posts.comments, strict=True)):
        string, author, age = crowd.id(), crowd.somebody(), crowd.age(position, crowd.sizes.strings)
        posts.ids.append(string)
        posts.authors.append(author)
        posts.ages.append(age)
        about = f"event\t{chance.choice(crowd.events)}" if chance.random() < _ABOUT_EVENTS else "\\N\t\\N"
        images = _IMAGES if chance.random() < _WITH_IMAGES else "\\N"
        text, at = crowd.words.text(chance, 30, least=3), crowd.at(age)
        yield f"{string}\t{crowd.people[author]}\t{text}\t{images}\t{about}\t{likes}\t{comments}\t{at}\t{at}\n"


def _likes(crowd: Crowd, posts: _Posts) -> Iterator[str]:
    for string, author, age, count in zip(posts.ids, posts.authors, posts.ages, posts.likes, strict=True):
        barred = {author, *crowd.hidden_from(author)}
        wanted = len(barred) + count
        while len(barred) < wanted:
            person = crowd.somebody()
            if person not in barred:
                barred.add(person)
                at = crowd.at(crowd.later(age))
                yield f"{string}\t{crowd.people[person]}\t{at}\t{at}\n"


def _comments(crowd: Crowd, posts: _Posts) -> Iterator[str]:
    chance = crowd.random
    for string, author, age, count in zip(posts.ids, posts.authors, posts.ages, posts.comments, strict=True):
        thread: list[tuple[str, int, float]] = []
        for _ in range(count):
            parent, parent_author, parent_age = "\\N", author, age
            if thread and chance.random() < _REPLIES:
                parent, parent_author, parent_age = chance.choice(thread)
            person = _speaker(crowd, author, parent_author)
            comment, comment_age = crowd.id(), crowd.later(parent_age)
            thread.append((comment, person, comment_age))
            text, at = crowd.words.text(chance, 12), crowd.at(comment_age)
            yield f"{comment}\t{string}\t{crowd.people[person]}\t{parent}\t{text}\t{at}\t{at}\n"


def _speaker(crowd: Crowd, author: int, parent_author: int) -> int:
    """Somebody who may comment on the string and answer that comment."""
    while True:
        person = crowd.somebody()
        if person not in crowd.hidden_from(author) and person not in crowd.hidden_from(parent_author):
            return person
