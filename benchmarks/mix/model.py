"""`python -m benchmarks.mix.model PORT SECONDS`: a model's server whose answers have forty words, so many seconds apart."""

import signal
import sys

from lifestring.testing.openai_server import serve_models

ANSWER = "word " * 40


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    stops = {signal.SIGTERM, signal.SIGINT}
    # Before any thread is there, so that each of them leaves the signals to the wait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with serve_models(int(sys.argv[1])) as server:
        server.remembers = False
        server.chat.voice = lambda _: ANSWER
        server.chat.token_delay = float(sys.argv[2])
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
