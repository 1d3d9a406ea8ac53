"""What is adjusted before and after the document is generated."""

from typing import Any

from drf_spectacular.hooks import postprocess_schema_enum_id_removal

from lifestring.openapi.service import service_paths

Json = dict[str, Any]

CONVENTIONS = """

**Answers.** One resource comes as `{"data": {…}}`, a list as `{"data": […], "links": {…}, "meta": {…}}`. Ids are
lowercase uuids, times ISO 8601 in UTC with `Z` and microseconds. Fields may be added to answers at any time: ignore
what you do not know.

**Requests.** Bodies are JSON. Unknown and read-only fields are ignored. Text with NUL characters or lone surrogates
gets 422, also in query parameters. A path answers with and without a trailing slash.

**Signing in.** Send a Supabase access token as `Authorization: Bearer …`. Sign up and in with a Supabase client, or
with the routes under *Auth*.

**Errors.** Whatever goes wrong, the answer is an `Error` with a stable `code`. An address that does not exist gets
404, a method it does not know 405, in the same shape.

**Blocks.** Between two people of whom one has blocked the other, neither appears in the other's lists; to the blocked
one, the blocker's profile does not exist."""

TAGS = {
    "People": "Profiles and the enneagram types people choose.",
    "Connections": "Who is connected with whom, who blocks whom, and whom to meet.",
    "Strings": "Posts, who likes them, and lists of them.",
    "Comments": "Comments on strings and replies to them.",
    "Rooms": "Conversations: who is in them, what is said there, and the log of all that happens.",
    "Events": "Things people attend, who comes, and calendars.",
    "Joins": "Events that look for company, in the flat shape the web frontend reads.",
    "Recommendations": "People and strings that suit the caller.",
    "Moderation": "Saying that something is wrong, and what comes of it.",
    "Search": "One question, asked of everything.",
    "Auth": "Signing up, in and out for clients without a Supabase library. Answers are Supabase Auth's own.",
    "Service": "The service itself.",
}


def only_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """Keep what clients call; the admin and local auth are no part of the interface."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def finish(result: Json, generator: Any, **_: Any) -> Json:
    """Add what belongs to the whole document."""
    result["paths"] |= service_paths(generator.registry)
    result["components"] = generator.registry.build({})
    result["info"]["description"] += CONVENTIONS
    # Relative, so that one document serves every host: it is resolved against the document's own address.
    result["servers"] = [{"url": "/", "description": "Where this document came from."}]
    used = {tag for methods in result["paths"].values() for operation in methods.values() for tag in operation["tags"]}
    result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    cleaned: Json = postprocess_schema_enum_id_removal(result, generator)
    return cleaned
