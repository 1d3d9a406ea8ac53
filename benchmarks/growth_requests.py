"""What benchmarks/growth.py asks: one line for each request, and where in a crowd the busy places are."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import psycopg

from lifestring.seeding.content import load_content
from lifestring.seeding.crowd.vocabulary import Vocabulary

PER_PAGE, MOST = 15, 100
PAGE = 600
# How many texts hold the word of few texts, whatever the size of the crowd: as few as the rarest word of a million.
FEW = 60
# Of each string, on average (lifestring/seeding/crowd/strings.py).
WORDS_OF_A_TEXT = 29.5


@dataclass(frozen=True)
class Request:
    """A route to ask; `{name}` in the path stands for a field of `Facts`, `deep` means its page 600 by cursor."""

    name: str
    path: str
    deep: bool = False


REQUESTS = (
    Request("feed, page 1 by cursor", "/api/strings?cursor="),
    Request("feed, page 600 by cursor", "/api/strings?cursor=", deep=True),
    Request("feed, page 1 by number, counted", "/api/strings"),
    Request("feed with comments and likes", "/api/strings?cursor=&include=comments,likes"),
    Request("feed, most liked", "/api/strings?cursor=&sort_by=likes_count"),
    Request("feed, most commented", "/api/strings?cursor=&sort_by=comments_count"),
    Request("feed search, rare word", "/api/strings?cursor=&search={rare}"),
    Request("feed search, common word", "/api/strings?cursor=&search={common}"),
    Request("feed search, common word, counted", "/api/strings?search={common}"),
    Request("feed search, prefix", "/api/strings?cursor=&search={prefix}"),
    Request("feed search, two words", "/api/strings?cursor=&search={two}"),
    Request("search, rare word", "/api/search?q={rare}"),
    Request("search, word of 60 texts", "/api/search?q={few}"),
    Request("search, common word", "/api/search?q={common}"),
    Request("search, word in nearly every text", "/api/search?q={everywhere}"),
    Request("search, prefix", "/api/search?q={prefix}"),
    Request("search, two words", "/api/search?q={two}"),
    Request("a busy profile's strings", "/api/strings?cursor=&user_id={author}"),
    Request("strings about an event", "/api/strings?cursor=&stringable_type=event&stringable_id={event}"),
    Request("my strings", "/api/my/strings"),
    Request("my liked strings", "/api/my/liked-strings"),
    Request("my recent strings", "/api/my/recent"),
    Request("one string", "/api/strings/{string}"),
    Request("comments on the most commented string", "/api/strings/{string}/comments?cursor="),
    Request("replies to a comment", "/api/strings/{string}/comments/{comment}/replies"),
    Request("likes of the most liked string", "/api/strings/{liked}/likes?cursor="),
    Request("events", "/api/events?cursor="),
    Request("events, counted", "/api/events"),
    Request("events to come", "/api/events?cursor=&upcoming_only=1"),
    Request("events, newest", "/api/events?cursor=&sort_by=created_at"),
    Request("events, by title", "/api/events?cursor=&sort_by=title"),
    Request("events, common word", "/api/events?cursor=&search={common}"),
    Request("my events", "/api/my/events"),
    Request("one event", "/api/events/{event}"),
    Request("rooms", "/api/rooms"),
    Request("messages of the busiest room, page 1", "/api/rooms/{room}/messages?cursor="),
    Request("messages of the busiest room, page 600", "/api/rooms/{room}/messages?cursor=", deep=True),
    Request("/me", "/api/me"),
    Request("/users", "/api/users?cursor="),
    Request("/users, counted", "/api/users"),
    Request("/users, by name", "/api/users?cursor=&search={name}"),
)

_FACTS = """
WITH busy AS (SELECT room_id FROM messages GROUP BY room_id ORDER BY count(*) DESC, room_id LIMIT 1),
     places AS (SELECT user_id, count(*) AS rooms FROM room_participants GROUP BY user_id),
     commented AS (SELECT id FROM strings ORDER BY comments_count DESC, id LIMIT 1)
SELECT (SELECT user_id FROM room_participants JOIN busy USING (room_id) JOIN places USING (user_id)
         ORDER BY abs(rooms - 7), user_id LIMIT 1),
       (SELECT room_id FROM busy),
       (SELECT user_id FROM strings GROUP BY user_id ORDER BY count(*) DESC LIMIT 1),
       (SELECT id FROM commented),
       (SELECT parent_comment_id FROM string_comments WHERE string_id = (SELECT id FROM commented)
         GROUP BY parent_comment_id HAVING parent_comment_id IS NOT NULL ORDER BY count(*) DESC LIMIT 1),
       (SELECT id FROM strings ORDER BY likes_count DESC, id LIMIT 1),
       (SELECT stringable_id FROM strings WHERE stringable_type = 'event' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1),
       (SELECT contact_info ->> 'name' FROM user_profiles ORDER BY user_id LIMIT 1),
       (SELECT count(*) FROM strings)
"""


@dataclass(frozen=True)
class Facts:
    """Where to look: a person of the busiest room with about seven rooms asks, for what there is most of."""

    caller: str
    room: str
    author: str
    string: str
    comment: str
    liked: str
    event: str
    name: str
    strings: str

    def fill(self, path: str) -> str:
        """Return a request's path for this database; the words are the same in every one."""
        vocabulary = Vocabulary(load_content())
        words = vocabulary.words
        texts = {
            "few": words[vocabulary.rank(FEW / (WORDS_OF_A_TEXT * int(self.strings)))],
            "everywhere": words[0],
            "common": words[60],
            "rare": words[30_000],
            "prefix": words[600][:4],
            "two": f"{words[200]}+{words[250]}",
            "name": self.name.split()[1],
        }
        return path.format(**{**vars(self), **texts})


def read_facts(url: str) -> Facts:
    """Look for the busy places of the database at this address."""
    with psycopg.connect(url, options="-c search_path=django,public,extensions") as connection:
        row = connection.execute(_FACTS).fetchone()
    return Facts(*map(str, row or ()))


def page_600(get: Callable[[str], bytes], path: str) -> str:
    """Walk to page 600 the way clients do, in fewer, longer pages; returns its address."""
    left, address = (PAGE - 1) * PER_PAGE, path
    while left:
        step = min(left, MOST)
        meta = json.loads(get(f"{address}&{urlencode({'per_page': step})}"))["meta"]
        if meta["next_cursor"] is None:
            raise RuntimeError(f"{path} has less than {PAGE} pages")
        address = path.replace("cursor=", urlencode({"cursor": meta["next_cursor"]}), 1)
        left -= step
    return urlsplit(address)._replace(scheme="", netloc="").geturl()
