"""What the people of the demo world post, like and answer; counters equal the rows from the first moment."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lifestring.seeding.world import World, stable_id, table

# Everybody has joined by then (people.py), so nobody posts before that.
OLDEST_DAYS = 54.0
IMAGE_HOST = "https://images.example.org/strings"
MOST_REMARKS = 2


@dataclass
class _Thread:
    """The comments of one string while they are being made."""

    string: Any
    author: str
    rows: list[Any] = field(default_factory=list)


def plant_strings(world: World) -> None:
    """Store strings with their likes and comments."""
    strings, likes, comments = [], [], []
    remarks = _RemarkBook(world)
    for author, post, string in _posts(world):
        string_likes = list(_likes(world, author, post, string))
        thread = _Thread(string, author)
        for comment in post.get("comments", []):
            _add_comment(world, thread, comment, parent=None)
        if not thread.rows:
            remarks.add_to(thread, post["about"])
        string.likes_count, string.comments_count = len(string_likes), len(thread.rows)
        strings.append(string)
        likes.extend(string_likes)
        comments.extend(thread.rows)
    table("strings.String").objects.bulk_create(strings)
    table("strings.StringLike").objects.bulk_create(likes)
    table("strings.StringComment").objects.bulk_create(comments)


def _posts(world: World) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield author, content and row of every string: everybody's posts mixed, more of them lately than long ago."""
    posts = [(author, number) for author, own in world.content.strings.items() for number in range(len(own))]
    world.random.shuffle(posts)
    model = table("strings.String")
    for position, (author, number) in enumerate(posts):
        post = world.content.strings[author][number]
        share = (position + world.random.random()) / len(posts)
        created = world.ago(0.02 + OLDEST_DAYS * share**1.4)
        event = post.get("to", {}).get("event")
        row = model(
            id=stable_id("strings", author, number),
            user_id=world.user_ids[author],
            content_text=post["text"],
            content_images=[f"{IMAGE_HOST}/{name}.jpg" for name in post["images"]] if "images" in post else None,
            stringable_type="event" if event else None,
            stringable_id=world.event_ids[event] if event else None,
            created_at=created,
            updated_at=created,
        )
        yield author, post, row


def _likes(world: World, author: str, post: dict[str, Any], string: Any) -> Iterator[Any]:
    """Yield likes, mostly of people who care for the subject or know the author."""
    model = table("strings.StringLike")
    appeal = world.random.uniform(0.3, 1.2)
    for name, person in world.content.people.items():
        if name == author or not world.may_meet(name, [author]):
            continue
        chance = 0.1
        chance += 0.4 * (post["about"] in person["interests"])
        chance += 0.3 * (frozenset((name, author)) in world.content.connected)
        if world.random.random() < chance * appeal:
            at = world.after(string.created_at, 20)
            yield model(string_id=string.id, user_id=world.user_ids[name], created_at=at, updated_at=at)


def _add_comment(world: World, thread: _Thread, comment: list[Any], *, parent: Any) -> None:
    """Add a comment of the content and its replies below it."""
    author, text, *rest = comment
    row = _comment(world, thread, author, text, parent)
    for reply in rest[0] if rest else []:
        _add_comment(world, thread, reply, parent=row)


def _comment(world: World, thread: _Thread, author: str, text: str, parent: Any) -> Any:
    before: datetime = (parent or thread.string).created_at
    at = world.after(before, 5 if parent else 9)
    row = table("strings.StringComment")(
        id=stable_id("comments", thread.string.id, len(thread.rows)),
        string_id=thread.string.id,
        user_id=world.user_ids[author],
        parent_comment_id=parent.id if parent else None,
        content=text,
        created_at=at,
        updated_at=at,
    )
    thread.rows.append(row)
    return row


class _RemarkBook:
    """Deals the remarks that fit anywhere, the least used first, so that none is heard too often."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._used: Counter[str] = Counter()

    def add_to(self, thread: _Thread, about: str) -> None:
        """Give a string without comments up to two remarks, of which the author answers some."""
        world = self._world
        near = [
            name
            for name, person in world.content.people.items()
            if name != thread.author
            and world.may_meet(name, [thread.author])
            and (about in person["interests"] or frozenset((name, thread.author)) in world.content.connected)
        ]
        speakers = world.random.sample(near, min(len(near), world.random.randint(0, MOST_REMARKS)))
        for speaker in speakers:
            remark = _comment(world, thread, speaker, self._deal(world.content.remarks), None)
            if world.random.random() < 0.4:
                _comment(world, thread, thread.author, self._deal(world.content.answers), remark)

    def _deal(self, texts: list[str]) -> str:
        least = min(self._used[text] for text in texts)
        text = self._world.random.choice([text for text in texts if self._used[text] == least])
        self._used[text] += 1
        return text
