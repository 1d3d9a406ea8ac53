"""SQL expressions Django has no name for."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, TextField


class TextKey(Func):
    """The text under one key of a JSONB column, null where there is none or the value is no object.

    Unlike Django's KT it takes a path over our column-to-column relations.
    """

    template = "(%(expressions)s ->> '%(key)s')"
    output_field = TextField()

    def __init__(self, path: str, key: str) -> None:
        if not key.isidentifier():
            raise ValueError("the key is written into SQL and must be a plain name")
        super().__init__(F(path), key=key)


class TextsKey(Func):
    """The texts in the list under one key of a JSONB column; empty where there is none, or nothing of the kind."""

    template = (
        "ARRAY(SELECT item #>> '{}' FROM jsonb_path_query(%(expressions)s, "
        "'lax $.%(key)s[*] ? (@.type() == \"string\")', '{}', true) AS item)"
    )
    output_field = ArrayField(TextField())

    def __init__(self, path: str, key: str) -> None:
        if not key.isidentifier():
            raise ValueError("the key is written into SQL and must be a plain name")
        super().__init__(F(path), key=key)
