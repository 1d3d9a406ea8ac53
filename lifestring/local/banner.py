"""What a newcomer reads once everything runs."""

import json
from pathlib import Path
from typing import Any

from lifestring.local.secrets import LocalSecrets


def demo_accounts(data: Path) -> list[dict[str, Any]]:
    """The demo sign-ins the seed wrote: e-mail, password and role of each; empty without any."""
    try:
        accounts = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [account for account in accounts if isinstance(account, dict)] if isinstance(accounts, list) else []


def banner(data: Path, web_url: str, *, has_demo_model: bool = False) -> str:
    """Everything's address, as lines of text; `has_demo_model` says that no real one answers."""
    lines = [
        "",
        "Lifestring is ready.",
        "",
        f"  API        {web_url}/api/",
        f"  Docs       {web_url}/api/docs",
        f"  Admin      {web_url}/admin/",
        "",
        "  For @supabase/supabase-js:",
        f"    URL      {web_url}",
        f"    anon key {LocalSecrets.read_or_create(data).anon_key}",
    ]
    if has_demo_model:
        lines += ["", "  The assistant is a demo, and says so: no model answers, and nothing leaves this machine."]
    accounts = demo_accounts(data)
    if accounts:
        width = max(len(str(account.get("email", ""))) for account in accounts)
        lines += ["", "  Demo sign-ins:"]
        for account in accounts:
            email = str(account.get("email", "")).ljust(width)
            lines.append(f"    {email}  {account.get('password', '')}  {account.get('role', '')}".rstrip())
    lines += ["", f"  Data and logs are in {data}.", "  Ctrl-C stops everything.", ""]
    return "\n".join(lines)
