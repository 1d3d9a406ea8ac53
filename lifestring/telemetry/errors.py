"""Errors to Sentry, or whatever speaks its protocol, where SENTRY_DSN is set (docs/operations.md, Errors)."""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import EventHandler

from lifestring.context import current_request_id
from lifestring.telemetry.logs import LEFT_OUT, behind, quotes


def report_to(dsn: str) -> None:
    """Send what is logged as an error there from now on, with its trace.

    What people wrote stays here: no bodies, no headers, no local variables, no breadcrumbs, no addresses.
    """
    sentry_sdk.init(
        dsn=dsn,
        default_integrations=False,
        # Its own integration would look at every line there is; an ordinary handler is passed over below its level.
        integrations=[DedupeIntegration()],
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        before_send=_named,
    )
    logging.getLogger().addHandler(EventHandler(level=logging.ERROR))


def _named(event: Any, hint: Any) -> Any:
    """Add the request's id, and leave out what exceptions may quote, as the logs do."""
    error = (hint.get("exc_info") or (None, None))[1]
    quoting = set() if error is None else {type(one).__name__ for one in behind(error) if quotes(type(one))}
    for told in event.get("exception", {}).get("values", []):
        if told.get("type") in quoting:
            told["value"] = LEFT_OUT
    # Django's lines carry the request there, with all of its address.
    event.pop("extra", None)
    event.setdefault("tags", {})["request_id"] = current_request_id()
    return event
