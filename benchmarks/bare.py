"""The least that answers our routes: one ASGI function, the token checked, the same SQL, psycopg, orjson.

It has no errors, paging, blocks, privacy, log or documentation: it is the limit the product's speed is counted against.
`BENCH_PLAN` names a JSON file: per path its statements and how to shape them.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt
import orjson
from psycopg_pool import AsyncConnectionPool

PLAN = json.loads(Path(os.environ["BENCH_PLAN"]).read_text(encoding="utf-8"))
HEADERS = [(b"content-type", b"application/json")]
pool: AsyncConnectionPool | None = None


def _default(value: Any) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return str(value)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve one request of the plan."""
    global pool  # noqa: PLW0603 - opened on the serving loop
    if scope["type"] != "http":
        return
    if pool is None:
        pool = AsyncConnectionPool(os.environ["BENCH_DATABASE"], min_size=4, max_size=8, open=False)
        await pool.open()
    token = dict(scope["headers"])[b"authorization"].split(b" ")[1].decode()
    claims = jwt.decode(
        token, PLAN["secret"], algorithms=["HS256"], audience="authenticated", issuer=PLAN["issuer"], leeway=10
    )
    assert claims["role"] == "authenticated"  # noqa: S101 - a benchmark
    query = scope["query_string"].decode()
    address = scope["path"] + (f"?{query}" if query else "")
    route = PLAN["routes"][f"{scope['method']} {address}"]
    rows: list[Any] = []
    async with pool.connection() as connection:
        for statement in route["statements"]:
            cursor = await connection.execute(statement)
            rows.append(await cursor.fetchall())
    names = route["names"]
    body = {"data": [dict(zip(names, row, strict=False)) for row in rows[route["page"]]]}
    content = orjson.dumps(body, default=_default, option=orjson.OPT_PASSTHROUGH_DATETIME)
    length = str(len(content)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, (b"content-length", length)]})
    await send({"type": "http.response.body", "body": content})
