"""The routes that are no DRF views, written by hand (docs/api.md, Running it)."""

from drf_spectacular.plumbing import ComponentRegistry

from lifestring.openapi.components import Json, shared

TAG = "Service"

_UP: Json = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string", "enum": ["ok"]}},
}
_READY: Json = {
    "type": "object",
    "required": ["status", "dependencies"],
    "properties": {
        "status": {"type": "string", "enum": ["ok", "unavailable"]},
        "dependencies": {
            "type": "object",
            "description": "Each dependency's state: `ok`, or what is wrong with it.",
            "additionalProperties": {"type": "string"},
        },
    },
}


def service_paths(registry: ComponentRegistry) -> Json:
    """Return the path items of `/up`, `/ready` and `/metrics`."""
    request_id = shared(registry, "parameters", "XRequestId")
    headers = {"X-Request-Id": shared(registry, "headers", "XRequestId")}

    def answer(description: str, schema: Json, example: Json) -> Json:
        content = {"application/json": {"schema": schema, "examples": {"state": {"value": example}}}}
        return {"description": description, "headers": headers, "content": content}

    ready = {"status": "ok", "dependencies": {"database": "ok", "redis": "ok"}}
    broken = {"status": "unavailable", "dependencies": {"database": "ok", "redis": "unreachable"}}
    common: Json = {"tags": [TAG], "security": [], "parameters": [request_id]}
    return {
        "/up": {
            "get": {
                "operationId": "show_liveness",
                "summary": "Tell whether the process lives",
                "description": "Answers while the process serves requests at all; asks nothing of anything else.",
                **common,
                "responses": {"200": answer("It does.", _UP, {"status": "ok"})},
            }
        },
        "/ready": {
            "get": {
                "operationId": "show_readiness",
                "summary": "Tell whether the service can do its work",
                "description": "Asks every dependency; a balancer sends no requests while one of them is not `ok`.",
                **common,
                "responses": {
                    "200": answer("Every dependency does its part.", _READY, ready),
                    "500": shared(registry, "responses", "ServerError"),
                    "503": answer("At least one does not; its state says why.", _READY, broken),
                },
            }
        },
        "/metrics": _metrics(registry, headers, common),
    }


def _metrics(registry: ComponentRegistry, headers: Json, common: Json) -> Json:
    return {
        "get": {
            "operationId": "show_metrics",
            "summary": "Tell a scraper what is counted",
            "description": "Prometheus' text format, for whoever sends `METRICS_TOKEN` as bearer token.",
            **common,
            "responses": {
                "200": {
                    "description": "What was counted so far.",
                    "headers": headers,
                    "content": {"text/plain": {"schema": {"type": "string"}}},
                },
                "404": shared(registry, "responses", "NotFound"),
                "500": shared(registry, "responses", "ServerError"),
            },
        }
    }
