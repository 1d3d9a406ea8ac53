"""What is read out of events' free-form columns, which other clients fill as they like; none of it ever fails."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import DecimalField, F, Func, IntegerField, JSONField, TextField

# A whole number above zero, also where it is written as text; anything else limits nothing (docs/api.md, Events).
CAPACITY = "substring({column} ->> 'max_participants' FROM '^[1-9][0-9]{{0,8}}$')::integer"


class Capacity(Func):
    """How many may go to an event, null where there is no limit."""

    template = CAPACITY.format(column="%(expressions)s")
    output_field = IntegerField()

    def __init__(self) -> None:
        super().__init__(F("meta_data"))


class TextList(Func):
    """The texts in a list under one key of a JSONB column, as JSON; empty where there is none."""

    # Strict, because lax also looks into lists within the list; what does not fit the path is silently none.
    template = (
        "coalesce(jsonb_path_query_array(%(expressions)s, "
        "'strict $.%(key)s[*] ? (@.type() == \"string\")', '{}', true), '[]'::jsonb)"
    )
    output_field = JSONField()

    def __init__(self, path: str, key: str) -> None:
        if not key.isidentifier():
            raise ValueError("the key is written into SQL and must be a plain name")
        super().__init__(F(path), key=key)


class Words(Func):
    """The texts of a `TextList`, lower case, each once."""

    template = "ARRAY(SELECT DISTINCT lower(word) FROM jsonb_array_elements_text(%(expressions)s) AS word)"
    output_field = ArrayField(TextField())


class MatchScore(Func):
    """How well an event fits somebody, 0 to 1: seven tenths for its tags, three for the organiser's interests.

    Each part is the share of these words that are among the person's own interests. Takes three `Words`: the tags, the
    organiser's interests, the person's.
    """

    template = (
        "(SELECT round(0.7 * (SELECT coalesce(avg((word = ANY(own))::integer), 0) FROM unnest(tags) AS word)"
        " + 0.3 * (SELECT coalesce(avg((word = ANY(own))::integer), 0) FROM unnest(theirs) AS word), 2)"
        " FROM (SELECT %(expressions)s) AS lists(tags, theirs, own))"
    )
    output_field = DecimalField(max_digits=3, decimal_places=2)
