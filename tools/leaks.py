"""`make scan`: secrets that somebody left in a file, known by their form: keys of Supabase, OpenAI, clouds and others.

Words such as "password" prove nothing in a tree full of tests of sign-ins, so they are not looked for. What is no secret
although it looks like one is listed here, with the reason.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.plugins import (
    aws,
    azure_storage_key,
    basic_auth,
    discord,
    github_token,
    gitlab_token,
    jwt,
    npm,
    openai,
    private_key,
    pypi_token,
    sendgrid,
    slack,
    stripe,
    telegram_token,
    twilio,
)
from detect_secrets.plugins.base import RegexBasedDetector

PROJECT = Path(__file__).resolve().parent.parent
# Made by tools, or by running things; what is kept outside of the repository may hold real secrets.
NOT_OURS = {
    ".git",
    ".venv",
    ".venv-load",
    ".lifestring",
    "node_modules",
    "staticfiles",
    "__pycache__",
    ".pytest_cache",
    ".env",
}
HARMLESS = {
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjZkMGYiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJmMGUyIn0.": "documentation; its signature is none",
    "change-me": "stands where a password has to be filled in",
    "pa%24s": "a made-up database's password in tests",
    "wrong-password": "likewise",
    "p": "likewise",
    "{self.password}": "filled in by the program",
}


class SupabaseKeyDetector(RegexBasedDetector):
    """The secret API key of a Supabase project, and the token of an account there."""

    secret_type = "Supabase secret key"  # noqa: S105 - the name of a kind
    denylist = (re.compile(r"\bsb_secret_[A-Za-z0-9_-]{16,}"), re.compile(r"\bsbp_[a-f0-9]{40}\b"))


DETECTORS: tuple[RegexBasedDetector, ...] = (
    SupabaseKeyDetector(),
    aws.AWSKeyDetector(),
    azure_storage_key.AzureStorageKeyDetector(),
    basic_auth.BasicAuthDetector(),
    discord.DiscordBotTokenDetector(),
    github_token.GitHubTokenDetector(),
    gitlab_token.GitLabTokenDetector(),
    jwt.JwtTokenDetector(),
    npm.NpmDetector(),
    openai.OpenAIDetector(),
    private_key.PrivateKeyDetector(),
    pypi_token.PypiTokenDetector(),
    sendgrid.SendGridDetector(),
    slack.SlackDetector(),
    stripe.StripeDetector(),
    telegram_token.TelegramBotTokenDetector(),
    twilio.TwilioKeyDetector(),
)


def leaks(folder: Path) -> Iterator[str]:
    """Yield where something looks like a secret in the files below a folder, and is not known to be harmless."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not NOT_OURS & set(path.relative_to(folder).parts):
            text = path.read_text(encoding="utf-8", errors="replace")
            for detector in DETECTORS:
                # All of a file at once: by lines it takes twenty times as long.
                for secret in set(detector.analyze_string(text)) - HARMLESS.keys():
                    line = text[: text.index(secret)].count("\n") + 1
                    yield f"{path.relative_to(folder)}:{line}: {detector.secret_type}"


def main() -> int:
    """Print where something was found, never what; 1 where there was anything."""
    found = list(leaks(Path(sys.argv[1]) if sys.argv[1:] else PROJECT))
    for leak in found:
        print(leak)
    print(f"{len(found)} secrets found." if found else "No secrets found.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
