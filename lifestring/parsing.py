"""How bodies become Python: strict JSON, and no text that the database cannot hold (docs/api.md, Conventions)."""

import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from lifestring.errors import ValidationFailedError
from lifestring.text import unstorable

TOO_DEEP = "The JSON is nested too deeply."
OUT_OF_RANGE = "The number is out of range."
MAX_DIGITS = 400
# So many bad values are named; an answer must not be made larger than the body that asked for it.
MAX_NAMED = 20


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN; text with NUL or lone surrogates and endless numbers get 422, the rest of bad JSON 400."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body.

        Raises:
            ParseError: not UTF-8, or not JSON (400).
            ValidationFailedError: JSON that holds what cannot be stored (422).
        """
        raw = stream.read()
        try:
            data = strict_json(raw)
        except ValueError as error:
            raise ParseError("The body is not valid JSON.") from error
        check_storable(raw, data)
        return data


def strict_json(raw: bytes) -> Any:
    """Return parsed UTF-8 JSON.

    Raises:
        ValueError: not UTF-8, or not JSON.
        ValidationFailedError: nested beyond what can be read.
    """
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_bounded_int)
    except RecursionError as error:
        raise ValidationFailedError({"body": [TOO_DEEP]}) from error


def check_storable(raw: bytes, data: Any) -> None:
    """Refuse parsed JSON that holds what cannot be stored; `raw` is its text, most of which is cleared by a look.

    Raises:
        ValidationFailedError: text with NUL or lone surrogates, endless numbers, by dotted path.
    """
    if b"\\u" in raw or b"e" in raw or b"E" in raw or len(raw) > MAX_DIGITS:
        errors = {path or "body": [problem] for path, problem in islice(_problems(data), MAX_NAMED)}
        if errors:
            raise ValidationFailedError(errors)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bounded_int(text: str) -> int | float:
    """Python refuses integers of thousands of digits; they become infinite here and are refused by name below."""
    return int(text) if len(text) <= MAX_DIGITS else math.inf


def _problems(data: Any) -> Iterator[tuple[str, str]]:
    """Walk without recursion: (dotted path, what is wrong) for each value that cannot be stored."""
    stack: list[tuple[str, Any]] = [("", data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            if problem := unstorable(value):
                yield path, problem
        elif isinstance(value, float):
            if not math.isfinite(value):
                yield path, OUT_OF_RANGE
        elif isinstance(value, dict):
            for key, item in value.items():
                name = key if not unstorable(key) else "?"
                if problem := unstorable(key):
                    yield path or "body", problem
                stack.append((f"{path}.{name}" if path else name, item))
        elif isinstance(value, list):
            stack.extend((f"{path}.{index}" if path else str(index), item) for index, item in enumerate(value))
