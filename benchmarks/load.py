"""A small HTTP load generator: keep-alive connections that each send one request after the other."""

import asyncio
import json
import sys
import time


async def _client(host: str, port: int, request: bytes, until: float, latencies: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=1024 * 1024)
    try:
        while (started := time.perf_counter()) < until:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
                raise RuntimeError(head.decode("latin-1"))
            _, declared, rest = head.lower().partition(b"content-length:")
            if declared:
                await reader.readexactly(int(rest.split(b"\r\n")[0]))
            else:
                await reader.readuntil(b"\r\n0\r\n\r\n")
            latencies.append(time.perf_counter() - started)
    finally:
        writer.close()


async def _measure(host: str, port: int, requests: list[bytes], clients: int, seconds: float) -> dict[str, float]:
    latencies: list[float] = []
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            request = requests[number % len(requests)]
            group.create_task(_client(host, port, request, started + seconds, latencies))
    elapsed = time.perf_counter() - started
    latencies.sort()
    return {
        "requests": len(latencies),
        "rps": len(latencies) / elapsed,
        "p50": latencies[len(latencies) // 2] * 1000,
        "p99": latencies[int(len(latencies) * 0.99)] * 1000,
    }


def main() -> None:
    """Read one job as JSON from standard input and print its result as JSON."""
    job = json.load(sys.stdin)
    requests = [
        (
            f"{job['method']} {job['path']} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            "Accept: */*\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        for token in job["tokens"]
    ]
    result = asyncio.run(_measure("127.0.0.1", job["port"], requests, job["clients"], job["seconds"]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
