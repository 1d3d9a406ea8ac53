"""Rolling restarts under load: `--runs=3` of them, `--short` for the form that tests use."""

import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from lifestring.testing.environment import ServerProcess, export

BOT = "a1f5e57a-1d5f-4c0e-9a11-0c0ffee0b075"
# Some of the answers outlast the grace of a process.
LONG_EVERY, TOKEN_SECONDS = 4, 0.1
WORDS, WORDS_OF_SHORT = (20, 150), (10, 70)


def main() -> int:
    """Run; returns 0 when nothing was lost."""
    parser = ArgumentParser(prog="python -m lifestring.testing.rolling")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers, failed = ServerProcess(), 0
    try:
        export(servers.start("postgres", "redis"))
        os.environ |= {"DJANGO_SETTINGS_MODULE": "lifestring.settings", "LOG_LEVEL": "WARNING", "AI_BOT_USER_ID": BOT}
        os.environ |= {"AI_MESSAGES_PER_HOUR": "100000", "AI_MESSAGES_PER_DAY": "100000", "AI_DAILY_BUDGET": "1000"}
        import django

        django.setup()
        logging.disable(logging.WARNING)
        from django.core.management import call_command

        from accounts.models import AuthUser

        call_command("migrate", verbosity=0, interactive=False)
        AuthUser.objects.create(id=BOT, raw_user_meta_data={"name": "Lifestring Assistant"})
        for number in range(1, options.runs + 1):
            began = time.monotonic()
            wrong = asyncio.run(_run(short=options.short))
            for line in wrong[:20]:
                print(f"  LOST: {line}", flush=True)  # noqa: T201
            failed += bool(wrong)
            result = f"FAILED, {len(wrong)} faults" if wrong else "nothing was lost"
            print(f"rolling run {number}: {result} ({time.monotonic() - began:.0f} s)", flush=True)  # noqa: T201
    finally:
        servers.stop()
    return 1 if failed else 0


async def _run(*, short: bool) -> list[str]:
    """One run; returns what was lost."""
    from lifestring.testing.openai_server import serve_models
    from lifestring.testing.rolling.balancer import Balancer
    from lifestring.testing.rolling.people import Crowd, Size
    from lifestring.testing.rolling.services import Services
    from lifestring.testing.rolling.verdict import verdict

    size = Size(1, 3, 2, 2, 2, web=1, rounds=1) if short else Size(8, 5, 5, 8, 20, web=2, rounds=1)
    with serve_models() as model, tempfile.TemporaryDirectory() as scratch:
        model.remembers, model.chat.token_delay, model.chat.voice = (
            False,
            TOKEN_SECONDS,
            _voice(WORDS_OF_SHORT if short else WORDS),
        )
        variables = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "sk-test"}
        async with Balancer() as balancer:
            services, crowd = Services(balancer, variables, Path(scratch)), Crowd(f"127.0.0.1:{balancer.port}", size)
            try:
                words = ["web"] * size.web + ["worker"] + ([] if short else ["scheduler"])
                await asyncio.gather(*map(services.start, words))
                await crowd.come()
                await asyncio.sleep(1)
                for _ in range(size.rounds):
                    await _replace(services, at_once=short)
                await crowd.stop()
                return await verdict(crowd, services)
            finally:
                await crowd.leave()
                await asyncio.to_thread(services.close)


async def _replace(services: Any, *, at_once: bool) -> None:
    """Replace what runs, each after the other; or at once, which a release would not, but there is one of each then."""
    if at_once:
        await asyncio.gather(*map(services.replace, list(services.running)))
    else:
        for service in list(services.running):
            await services.replace(service)


def _voice(words: tuple[int, int]) -> Callable[[Any], str]:
    numbers = count()
    return lambda _: "word " * words[next(numbers) % LONG_EVERY == 0]


if __name__ == "__main__":
    sys.exit(main())
