"""The environment is read once, and refused by name where it is missing, malformed, contradictory or unsafe."""

import ast
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import jwt
import pytest
from django.core.exceptions import ImproperlyConfigured

from lifestring import config, env_tables
from lifestring.config import LOCAL_ASSISTANT, Config, load
from lifestring.env_tables import RATE_LIMITS
from lifestring.local.secrets import LocalSecrets, api_key
from lifestring.local.state import LocalState

JWT_SECRET = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF"
ANON_KEY = api_key("anon", JWT_SECRET, 1_700_000_000)
SERVICE_KEY = api_key("service_role", JWT_SECRET, 1_700_000_000)
PRODUCTION = {
    "SECRET_KEY": "x9!kD4-fq2_Zm7pLw0Rt5Yb8Nc3Ve6Ua1Hs",
    "ALLOWED_HOSTS": "api.lifestring.example,lifestring.example",
    "DATABASE_URL": "postgresql://postgres.ref:pa%24s@db.example:5432/postgres",
    "REDIS_URL": "rediss://:secret@redis.example:6380/0",
    "SUPABASE_URL": "https://ref.supabase.example/",
    "SUPABASE_ANON_KEY": ANON_KEY,
}


def production(**changes: str) -> dict[str, str]:
    return {**PRODUCTION, **changes}


def names_in_config() -> set[str]:
    """Every variable config.py reads, tables included: the constants in capitals that its calls name."""
    trees = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in (config, env_tables)]
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    constants = (argument.value for call in calls for argument in call.args[:2] if isinstance(argument, ast.Constant))
    return {value for value in constants if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]+", value)}


def load_from(variables: Mapping[str, str], base: Path = Path("/nowhere")) -> Config:
    return load(variables, base)


class TestProduction:
    def test_it_works(self) -> None:
        loaded = load_from(production())

        assert not loaded.local
        assert loaded.allowed_hosts == ["api.lifestring.example", "lifestring.example"]
        assert loaded.supabase_url == "https://ref.supabase.example"
        assert loaded.supabase_jwt_issuer == "https://ref.supabase.example/auth/v1"
        assert loaded.supabase_jwks_url == "https://ref.supabase.example/auth/v1/.well-known/jwks.json"
        assert loaded.supabase_jwks is None

    def test_what_may_be_left_out_has_a_safe_default(self) -> None:
        loaded = load_from(production())

        assert (loaded.debug, loaded.trust_proxy, loaded.cors_origins) == (False, False, [])
        assert (loaded.database_pool_mode, loaded.database_pool_max) == ("direct", 10)
        assert (loaded.rest_threads, loaded.max_body_bytes, loaded.log_level) == (4, 1024 * 1024, "INFO")
        assert (loaded.supabase_jwt_secret, loaded.supabase_service_key, loaded.public_url) == ("", "", "")
        assert (loaded.openai_api_key, loaded.embed_base_url, loaded.ai_bot_user_id) == ("", "", "")
        assert loaded.openai_base_url == "https://api.openai.com/v1"
        assert loaded.embed_model == "text-embedding-3-small"
        assert (loaded.embed_api_key, loaded.ai_prices) == ("", {})
        assert (loaded.chat_model, loaded.chat_fallback_model) == ("gpt-6-luna", "gpt-5.6-luna")
        assert (loaded.ai_moderation, loaded.ai_public_chat, loaded.ai_daily_budget) == (True, False, Decimal(5))
        assert (loaded.ai_messages_per_hour, loaded.ai_messages_per_day) == (100, 500)

    def test_prices_are_one_number_or_three(self) -> None:
        given = '{"a": 0.05, "b": {"input": 2, "output": 8}, "c": {"input": 1, "cached": 0.1, "output": 3.5}}'
        priced = load_from(production(AI_PRICES=given)).ai_prices

        assert priced == {
            "a": {"input": Decimal("0.05"), "cached": Decimal("0.05"), "output": Decimal("0.05")},
            "b": {"input": Decimal(2), "cached": Decimal(2), "output": Decimal(8)},
            "c": {"input": Decimal(1), "cached": Decimal("0.1"), "output": Decimal("3.5")},
        }

    @pytest.mark.parametrize("name", PRODUCTION)
    @pytest.mark.parametrize("missing", [True, False], ids=["unset", "empty"])
    def test_every_required_variable_is_asked_for_by_name(self, name: str, missing: bool) -> None:
        variables = {key: value for key, value in PRODUCTION.items() if key != name}
        if not missing:
            variables[name] = ""

        with pytest.raises(ImproperlyConfigured, match=name):
            load_from(variables)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            # unsafe
            ("SECRET_KEY", "short"),
            ("SECRET_KEY", "a" * 50),
            ("SECRET_KEY", "change-me-to-50-random-characters-before-deploying"),
            ("ALLOWED_HOSTS", "*"),
            ("ALLOWED_HOSTS", "api.lifestring.example,*"),
            ("CORS_ORIGINS", "*"),
            ("SUPABASE_JWT_SECRET", "too-short"),
            ("SUPABASE_ANON_KEY", SERVICE_KEY),
            ("SUPABASE_ANON_KEY", "sb_secret_abc"),
            ("SUPABASE_SERVICE_KEY", ANON_KEY),
            ("SUPABASE_SERVICE_KEY", "sb_publishable_abc"),
            # malformed
            ("SUPABASE_ANON_KEY", "not a key"),
            ("DATABASE_URL", "mysql://db.example/lifestring"),
            ("DATABASE_URL", "db.example:5432"),
            ("DATABASE_URL", "postgresql://db.example:port/x"),
            ("REDIS_URL", "http://redis.example"),
            ("SUPABASE_URL", "ref.supabase.example"),
            ("SUPABASE_URL", "https://"),
            ("SUPABASE_URL", "https://[broken"),
            ("SUPABASE_JWT_ISSUER", "supabase"),
            ("SUPABASE_JWKS_URL", "file:///etc/passwd"),
            ("PUBLIC_URL", "api.lifestring.example"),
            ("OPENAI_BASE_URL", "localhost:11434/v1"),
            ("EMBED_BASE_URL", "ftp://embed.example"),
            ("EMBED_MODEL", "text-embedding-3-large"),
            ("AI_PRICES", "0.02"),
            ("AI_PRICES", "{text-embedding-3-small: 0.02}"),
            ("AI_PRICES", '{"a-model": "0.02"}'),
            ("AI_PRICES", '{"a-model": -1}'),
            ("AI_PRICES", '{"a-model": NaN}'),
            ("AI_PRICES", '{"a-model": true}'),
            ("AI_PRICES", '{"a-model": {"input": 1}}'),
            ("AI_PRICES", '{"a-model": {"input": 1, "output": "2"}}'),
            ("AI_PRICES", '{"a-model": {"input": 1, "output": 2, "thought": 3}}'),
            ("AI_PRICES", '{"a-model": {"input": {"input": 1, "output": 1}, "output": 2}}'),
            ("AI_DAILY_BUDGET", "-1"),
            ("AI_DAILY_BUDGET", "five"),
            ("AI_DAILY_BUDGET", "1e9"),
            ("AI_MESSAGES_PER_HOUR", "0"),
            ("AI_MODERATION", "sometimes"),
            ("CORS_ORIGINS", "app.lifestring.example"),
            ("CORS_ORIGINS", "null"),
            ("CORS_ORIGINS", "https://*.lifestring.example"),
            ("CORS_ORIGINS", "https://me@app.lifestring.example"),
            ("CORS_ORIGINS", "https://app.lifestring.example/"),
            ("CORS_ORIGINS", "https://app.lifestring.example?x=1"),
            ("CORS_ORIGINS", "https://app.lifestring.example,https://"),
            ("DATABASE_POOL_MODE", "statement"),
            ("DATABASE_POOL_MAX", "many"),
            ("DATABASE_POOL_MAX", "0"),
            ("DATABASE_POOL_MAX", "9" * 5_000),
            ("WORKER_METRICS_PORT", "65536"),
            ("REQUEST_SECONDS", "0.5"),
            ("MAX_CONNECTIONS", "none"),
            ("MAX_SOCKETS_PER_PERSON", "0"),
            ("MAX_SOCKETS_PER_ADDRESS", "-1"),
            ("DATABASE_POOL_MAX", "-1"),
            ("REST_THREADS", "2.5"),
            ("REST_THREADS", "0"),
            ("MAX_BODY_BYTES", "1MB"),
            ("LOG_LEVEL", "verbose"),
            ("DEBUG", "maybe"),
            ("DEBUG", "true"),
            ("TRUST_PROXY", "x-forwarded-for"),
            ("AI_BOT_USER_ID", "the-assistant"),
            ("METRICS_TOKEN", "short"),
            ("WORKER_METRICS_PORT", "9k"),
            ("LOG_FORMAT", "xml"),
            ("SENTRY_DSN", "sentry"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("RATE_LIMITS", "on"),
            ("RATE_LIMITS", "[]"),
            ("RATE_LIMITS", '{"read": 600}'),
            ("RATE_LIMITS", '{"read": "0/60"}'),
            ("RATE_LIMITS", '{"reads": "600/60"}'),
            ("TRUSTED_PROXIES", "10.0.0.0/8,the-balancer"),
            ("TRUSTED_PROXIES", "10.0.0.1/8"),
            ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ],
    )
    def test_it_refuses_naming_the_variable(self, name: str, value: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=name):
            load_from(production(**{name: value}))

    @pytest.mark.parametrize(
        ("name", "value", "attribute", "expected"),
        [
            ("SECRET_KEY", "$tarts-with-a-dollar-0123456789-abcdefgh", "secret_key", None),
            ("SECRET_KEY", r"holds-a-\$-and-a-$-0123456789-abcdefghij", "secret_key", None),
            ("DATABASE_URL", "postgres://u:p@db.example/x", "database_url", None),
            ("REDIS_URL", "unix:///run/redis.sock", "redis_url", None),
            ("SUPABASE_ANON_KEY", "sb_publishable_abc", "supabase_anon_key", None),
            ("SUPABASE_SERVICE_KEY", "sb_secret_abc", "supabase_service_key", None),
            ("SUPABASE_SERVICE_KEY", SERVICE_KEY, "supabase_service_key", None),
            ("SUPABASE_JWT_SECRET", JWT_SECRET, "supabase_jwt_secret", None),
            ("SUPABASE_JWT_ISSUER", "https://auth.lifestring.example", "supabase_jwt_issuer", None),
            ("PUBLIC_URL", "https://api.lifestring.example/", "public_url", "https://api.lifestring.example"),
            (
                "CORS_ORIGINS",
                "https://a.example,http://b.example:3000",
                "cors_origins",
                ["https://a.example", "http://b.example:3000"],
            ),
            ("ALLOWED_HOSTS", " a.example , b.example,", "allowed_hosts", ["a.example", "b.example"]),
            ("DATABASE_POOL_MODE", "transaction", "database_pool_mode", None),
            ("DATABASE_POOL_MAX", "25", "database_pool_max", 25),
            ("LOG_LEVEL", "WARNING", "log_level", None),
            ("DEBUG", "Off", "debug", False),
            ("TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8", "trusted_proxies", ["10.0.0.0/8", "fd00::/8"]),
            ("RATE_LIMITS", "off", "rate_limits", {}),
            ("RATE_LIMITS", '{"read": "5/7"}', "rate_limits", RATE_LIMITS | {"read": (5, 7)}),
            ("AI_MODERATION", "off", "ai_moderation", False),
            ("AI_DAILY_BUDGET", "0.50", "ai_daily_budget", Decimal("0.5")),
            ("AI_DAILY_BUDGET", "0", "ai_daily_budget", Decimal(0)),
            (
                "AI_BOT_USER_ID",
                "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
                "ai_bot_user_id",
                "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            ),
        ],
    )
    def test_it_takes_what_is_meant(self, name: str, value: str, attribute: str, expected: object) -> None:
        assert getattr(load_from(production(**{name: value})), attribute) == (value if expected is None else expected)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            # unsafe where it leads
            ({"PUBLIC_URL": "http://api.example.com"}, "PUBLIC_URL must start with https"),
            ({"SUPABASE_URL": "http://auth.example.com"}, "SUPABASE_URL must start with https"),
            ({"SUPABASE_JWKS_URL": "http://auth.example.com/keys"}, "SUPABASE_JWKS_URL must start with https"),
            ({"OPENAI_BASE_URL": "http://9.9.9.9/v1", "OPENAI_API_KEY": "k"}, "OPENAI_BASE_URL must start with https"),
            ({"EMBED_BASE_URL": "http://e.example.com", "EMBED_API_KEY": "k"}, "EMBED_BASE_URL must start with https"),
            ({"DATABASE_URL": "postgresql://u:p@db.example.com/x?sslmode=disable"}, "DATABASE_URL .* without TLS"),
            ({"LIFESTRING_TESTING": "1"}, "LIFESTRING_TESTING"),
            ({"SUPABASE_JWT_SECRET": PRODUCTION["SECRET_KEY"]}, "SUPABASE_JWT_SECRET is the same as SECRET_KEY"),
            ({"METRICS_TOKEN": PRODUCTION["SECRET_KEY"]}, "METRICS_TOKEN is the same as SECRET_KEY"),
            # of two minds
            ({"SUPABASE_URL": "", "SUPABASE_JWKS_URL": "https://ref.supabase.example/k"}, "SUPABASE_URL is not set"),
            ({"DEBUG": "true"}, "DEBUG is for local mode alone"),
            ({"TRUST_PROXY": "true"}, "TRUST_PROXY is set and TRUSTED_PROXIES is not"),
            ({"DATABASE_POOL_MAX": "9"}, "REST_THREADS and SOCKET_THREADS are 10 together"),
            ({"REST_THREADS": "40"}, r"more than DATABASE_POOL_MAX \(10\)"),
            ({"CHAT_FALLBACK_MODEL": "gpt-6-luna"}, "CHAT_FALLBACK_MODEL is CHAT_MODEL"),
            ({"ALLOWED_HOSTS": "https://api.example.com"}, "ALLOWED_HOSTS holds"),
            ({"ALLOWED_HOSTS": "api.example.com:8000"}, "ALLOWED_HOSTS holds"),
            ({"CORS_ORIGINS": "https://App.example.com"}, "CORS_ORIGINS holds"),
            ({"CORS_ORIGINS": "https://app.example.com:443"}, "CORS_ORIGINS holds"),
            (
                {"SUPABASE_URL": "https://abc.supabase.co", "DATABASE_URL": "postgresql://postgres:p@db.xyz.supabase.co/postgres"},
                "DATABASE_URL is of the project xyz, and SUPABASE_URL of abc",
            ),
            (
                {"SUPABASE_URL": "https://abc.supabase.co", "DATABASE_URL": "postgresql://postgres.xyz:p@pooler.example.com/postgres"},
                "DATABASE_URL is of the project xyz",
            ),
            (
                {
                    "SUPABASE_URL": "https://abc.supabase.co",
                    "DATABASE_URL": "postgresql://postgres.abc:p@pooler.example.com/postgres",
                    "SUPABASE_ANON_KEY": jwt.encode({"role": "anon", "ref": "xyz"}, JWT_SECRET),
                },
                "SUPABASE_ANON_KEY is of the project xyz",
            ),
        ],
    )  # fmt: skip
    def test_it_refuses_what_contradicts_itself_or_leads_astray(self, changes: dict[str, str], why: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=why):
            load_from(production(**changes))

    def test_inside_ones_own_network_tls_may_be_missing(self) -> None:
        inside = {
            "SUPABASE_URL": "http://kong:8000",
            "DATABASE_URL": "postgresql://postgres:p@10.0.0.7/postgres?sslmode=disable",
            "OPENAI_BASE_URL": "http://models.internal/v1",
            "OPENAI_API_KEY": "k",
            "PUBLIC_URL": "http://localhost:8000",
        }
        assert load_from(production(**inside)).supabase_url == "http://kong:8000"
        proxies = production(TRUST_PROXY="1", TRUSTED_PROXIES="10.0.0.0/8")
        assert load_from(proxies).trust_proxy is True

    def test_every_misspelt_name_is_told_from_what_was_meant(self) -> None:
        names = names_in_config()
        assert len(names) > 50
        for name in sorted(names - {"LIFESTRING_DATA", "OTEL_EXPORTER_OTLP_ENDPOINT"}):
            slips = {name.lower(), name[: len(name) // 2] + name[len(name) // 2 + 1 :], f"{name}S"} - names
            for slip in slips if len(name) > 5 else {name.lower()}:
                given = {known: value for known, value in PRODUCTION.items() if known != name} | {slip: "1"}
                with pytest.raises(ImproperlyConfigured, match=f"^{slip} is set, which nothing reads: is {name} meant"):
                    load_from(given)

    def test_other_programs_variables_are_nobodys_business(self) -> None:
        others = (
            "DJANGO_DEBUG",
            "PUBLIC_IP",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "K_SERVICE",
            "REDIS_HOST",
            "SUPABASE_DB_URL",
        )
        others += (
            "TEST_DATABASE_URL",
            "LOGNAME",
            "PGSSLMODE",
            "DATABASE_URI",
            "WEB_CONCURRENCY",
            "HOSTNAME",
            "GITHUB_ACTIONS",
        )
        assert load_from(production(**dict.fromkeys(others, "x"))) == load_from(production())

    def test_a_model_of_one_s_own_is_helped_out_by_none_but_one_s_own(self) -> None:
        for own in ({"CHAT_MODEL": "gpt-6-sol"}, {"OPENAI_BASE_URL": "http://localhost:11434/v1"}):
            assert load_from(production(**own)).chat_fallback_model == ""
            assert load_from(production(**own, CHAT_FALLBACK_MODEL="b")).chat_fallback_model == "b"
        assert load_from(production(CHAT_FALLBACK_MODEL="none")).chat_fallback_model == ""

    def test_empty_optional_variables_count_as_unset(self) -> None:
        empty = {**dict.fromkeys(names_in_config(), " "), **PRODUCTION}

        assert load_from(empty) == load_from(production())


class TestLocalMode:
    @pytest.fixture
    def data(self, tmp_path: Path) -> Path:
        state = LocalState(
            tmp_path,
            "postgresql://postgres:p@127.0.0.1:5555/postgres",
            "redis://:p@127.0.0.1:6666/0",
            "http://127.0.0.1:8000",
            os.getpid(),
        )
        state.write()
        return tmp_path

    def test_it_takes_everything_from_the_running_servers(self, data: Path) -> None:
        loaded = load_from({"LIFESTRING_DATA": str(data)})

        assert loaded.local
        assert loaded.ai_bot_user_id == LOCAL_ASSISTANT, "the one account local mode makes by itself"
        assert loaded.data == data
        assert loaded.database_url.endswith(":5555/postgres")
        assert loaded.redis_url.endswith(":6666/0")
        assert loaded.supabase_url == "http://127.0.0.1:8000"
        assert loaded.supabase_anon_key == LocalSecrets.read_or_create(data).anon_key
        assert loaded.supabase_jwks is not None
        assert len(loaded.secret_key) > 32
        assert set(config.LOOPBACK_HOSTS) <= set(loaded.allowed_hosts)

    def test_a_demo_takes_the_place_of_whatever_model_is_set_up(self, data: Path) -> None:
        state = LocalState.read(data)
        assert state is not None
        replace(state, demo_model_url="http://127.0.0.1:7777/v1").write()
        given = {"OPENAI_API_KEY": "sk-real", "EMBED_BASE_URL": "https://e.example", "CHAT_FALLBACK_MODEL": "gpt"}
        loaded = load_from({"LIFESTRING_DATA": str(data), **given})

        assert (loaded.openai_base_url, loaded.embed_base_url) == ("http://127.0.0.1:7777/v1",) * 2
        assert (loaded.openai_api_key, loaded.embed_api_key, loaded.chat_fallback_model) == ("", "", "")
        assert (loaded.chat_model, loaded.embed_model) == ("demo", "demo")
        assert set(loaded.ai_prices["demo"].values()) == {Decimal(0)}

    def test_a_relative_data_folder_is_below_the_project(self, data: Path) -> None:
        loaded = load({"LIFESTRING_DATA": data.name}, data.parent)

        assert loaded.data == data

    def test_without_servers_it_says_how_to_start_them(self, tmp_path: Path) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL .*make run"):
            load_from({}, tmp_path)

    def test_it_can_not_be_mixed_with_a_real_project(self, data: Path) -> None:
        with pytest.raises(ImproperlyConfigured, match="SUPABASE_URL"):
            load_from({"LIFESTRING_DATA": str(data), "SUPABASE_URL": "https://ref.supabase.example"})

    def test_a_database_url_ends_local_mode_also_where_servers_run(self, data: Path) -> None:
        assert not load_from(production(LIFESTRING_DATA=str(data))).local

    def test_own_hosts_and_origins_come_on_top(self, data: Path) -> None:
        loaded = load_from(
            {"LIFESTRING_DATA": str(data), "ALLOWED_HOSTS": "laptop.local", "CORS_ORIGINS": "http://phone:1"}
        )

        assert "laptop.local" in loaded.allowed_hosts
        assert loaded.cors_origins == ["http://phone:1"]
