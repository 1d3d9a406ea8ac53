"""The house rules as checks over the source (docs/architecture.md): who writes, who sends, who imports whom."""

import ast
import re

import dramatiq
import pytest

from lifestring.jobs import set_up_broker
from lifestring.tests.source import APPS, PROJECT, Module, modules, modules_of_tests, text_files

# One process reads the source.
pytestmark = pytest.mark.xdist_group("source")

# What an app may import: the apps before it, never one beside or after it.
BELOW = {
    "lifestring": set[str](),
    "accounts": {"lifestring"},
    "moderation": {"lifestring", "accounts"},
    "strings": {"lifestring", "accounts", "moderation"},
    "chat": {"lifestring", "accounts", "moderation"},
    "events": {"lifestring", "accounts", "moderation"},
    "ai": {"lifestring", "accounts", "moderation", "strings", "chat", "events"},
}
# Where the parts are put together.
COMPOSITION = (
    "lifestring/asgi.py",
    "lifestring/urls.py",
    "lifestring/routing.py",
    "lifestring/worker.py",
    "lifestring/local/urls.py",
)
WRITERS = re.compile(r"/(services|querysets|erasure)(\.py|/)|^lifestring/seeding/|/local_auth/services/")
WRITING = {"save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
           "create_user", "create_superuser", "asave", "adelete", "acreate", "aupdate"}  # fmt: skip
SQL_WRITES = re.compile(r"\s*(WITH\b.*)?\b(INSERT INTO|UPDATE \w|DELETE FROM|TRUNCATE)\b", re.DOTALL)
# Supabase's schemas are made, and ours moved, by the first; a staff manager is Django's protocol for createsuperuser; the
# one table without a model is erased, by a service, where it is read.
OTHER_WRITERS = ("lifestring/schema_setup.py", "accounts/models/staff.py", "accounts/detailed_profiles.py")


def is_service_module(module: Module) -> bool:
    return bool(re.search(r"/services(\.py|/)", str(module))) and not module.within("accounts/local_auth/")


def report(found: list[str]) -> None:
    assert not found, "\n".join(found)


def test_the_rules_look_at_something():
    assert len(modules()) > 80
    assert len([module for module in modules() if is_service_module(module)]) >= 8


def test_views_serializers_and_consumers_do_not_build_queries():
    edges = re.compile(r"(views|serializers|consumers|handlers)\.py$|/(views|serializers|consumers|handlers)/")
    report(
        [
            f"{module.at(node)}: .{method}( belongs into a queryset"
            for module in modules()
            if edges.search(str(module))
            for node, method in module.method_calls
            if method in {"filter", "exclude", "annotate", "order_by", "raw", "extra"}
        ]
    )


def writes_rows(method: str, receiver: str) -> bool:
    """Tell a model's or queryset's method from a dict's or a hash's of the same name."""
    if method == "update":
        return ".objects" in receiver or ".filter(" in receiver or ".all(" in receiver
    if method in {"create", "delete"}:
        return ".objects" in receiver or "(" in receiver or receiver.islower()
    return method in WRITING


@pytest.mark.parametrize(
    ("source", "writes"),
    [
        ("String.objects.filter(id=1).update(a=1)", True),
        ("String.objects.create()", True),
        ("string.save()", True),
        ("profile.delete()", True),
        ("self.queryset.all().delete()", True),
        ("values.update(a=1)", False),
        ("hashlib.md5().update(b'')", False),
        ("Cluster.create()", False),
    ],
)
def test_a_write_is_told_from_other_methods_of_its_name(source: str, writes: bool):
    call = ast.parse(source, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    assert writes_rows(call.func.attr, ast.unparse(call.func.value)) == writes


def test_only_services_write():
    report(
        [
            f"{module.at(node)}: {receiver}.{method}( belongs into a service"
            for module in modules()
            # The SDK of a model's server calls asking it `create`.
            if not WRITERS.search(str(module)) and not module.within(*OTHER_WRITERS, "lifestring/local/", "ai/clients/")
            for node, method, receiver in module.calls
            if method in WRITING and writes_rows(method, receiver)
        ]
    )


def test_only_services_write_in_sql():
    report(
        [
            f"{module.at(node)}: this SQL belongs into a service"
            for module in modules()
            if not WRITERS.search(str(module)) and not module.within(*OTHER_WRITERS)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_WRITES.match(node.value)
        ]
    )


def test_transactions_are_begun_in_one_place():
    allowed = ("lifestring/db.py", "lifestring/schema_setup.py", "lifestring/seeding/")
    report(
        [
            f"{module.at(node)}: use lifestring.db.service"
            for module in modules()
            if not module.within(*allowed)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and node.attr in {"atomic", "set_autocommit", "savepoint"}
        ]
    )


def test_broadcasts_and_jobs_leave_through_dispatch():
    report(
        [
            f"{module.at(node)}: .{method}( belongs into lifestring/dispatch.py"
            for module in modules()
            if not module.within("lifestring/dispatch.py")
            for node, method, receiver in module.calls
            if method in {"on_commit", "group_send", "send_with_options", "enqueue", "get_actor"}
            or (method == "send" and receiver not in {"self", "signals.request_started", "super()"})
        ]
    )


def test_no_signal_handlers():
    report(
        [
            f"{module.at(node)}: {ast.unparse(decorator)}"
            for module in modules()
            for node in module.functions()
            for decorator in node.decorator_list
            if "receiver" in ast.unparse(decorator)
        ]
    )


def public_functions(module: Module) -> list[ast.FunctionDef]:
    return [node for node in module.tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


# A registration that lives beside services; it writes nothing itself.
NO_SERVICES = {"register_eraser"}


def test_services_have_one_form():
    found = []
    for module in filter(is_service_module, modules()):
        for function in public_functions(module):
            if function.name in NO_SERVICES:
                continue
            arguments = function.args
            named = arguments.kwonlyargs
            if [ast.unparse(decorator) for decorator in function.decorator_list] != ["service"]:
                found.append(f"{module.at(function)}: {function.name} is not decorated with @service")
            if arguments.args or arguments.posonlyargs or arguments.vararg or arguments.kwarg:
                found.append(f"{module.at(function)}: {function.name} takes arguments by position")
            if function.returns is None or any(argument.annotation is None for argument in named):
                found.append(f"{module.at(function)}: {function.name} is not typed")
            if named and named[0].arg not in {"caller", "user_id", "user", "source"}:
                found.append(f"{module.at(function)}: {function.name} does not start with who acts")
            if ast.get_docstring(function) is None:
                found.append(f"{module.at(function)}: {function.name} does not say what it does and raises")
            if not re.fullmatch(r"[a-z]+(_[a-z]+)+", function.name):
                found.append(f"{module.at(function)}: {function.name} is not <entity>_<action>")
    report(found)


def test_what_is_exempt_from_the_form_of_services_exists_and_writes_nothing():
    functions = {f.name: (m, f) for m in filter(is_service_module, modules()) for f in public_functions(m)}
    for name in NO_SERVICES:
        module, function = functions[name]
        body = Module(module.path)
        calls = {
            node.func.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & (WRITING | {"execute"}), body.at(function)


def test_relations_are_named_when_they_are_joined():
    report(
        [
            f"{module.at(node)}: name the relations of {method}"
            for module in modules(tests=True)
            for node, method in module.method_calls
            if method in {"select_related", "prefetch_related"} and not node.args
        ]
    )


def test_imports_stand_at_the_top():
    """But for AppConfig.ready, which runs before models can be imported at the top of apps.py."""
    allowed = ("lifestring/local/", "lifestring/management/commands/")
    report(
        [
            f"{module.at(inner)}: an import inside {function.name}"
            for module in modules()
            if not module.within(*allowed)
            for function in module.functions()
            if not (function.name == "ready" and module.path.name == "apps.py")
            for inner in ast.walk(function)
            if isinstance(inner, ast.Import | ast.ImportFrom)
        ]
    )


def test_imports_point_one_way():
    found = []
    for module in modules():
        if module.within(*COMPOSITION):
            continue
        for node, name in module.imports():
            target = name.partition(".")[0]
            if target in APPS and target != module.app and target not in BELOW[module.app]:
                found.append(f"{module.at(node)}: {module.app} imports {name}")
            if (
                name.startswith(("lifestring.testing", "lifestring.tests"))
                and module.within("lifestring/testing/") is False
            ):
                found.append(f"{module.at(node)}: the product imports its tests")
            if isinstance(node, ast.ImportFrom) and node.level:
                found.append(f"{module.at(node)}: a relative import")
    report(found)


Test = ast.FunctionDef | ast.AsyncFunctionDef


def collected_in(module: Module) -> list[Test]:
    """The functions pytest would take for tests, in modules and classes."""
    classes = [node for node in module.tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    bodies = [module.tree.body, *(node.body for node in classes)]
    return [node for body in bodies for node in body if isinstance(node, Test) and node.name.startswith("test")]


def is_run(test: Test) -> bool:
    """Whether a test does anything: pytest only makes a coroutine unless a decorator of ours runs it."""
    if isinstance(test, ast.FunctionDef):
        return True
    return any("pytest.mark" not in ast.unparse(decorator) for decorator in test.decorator_list)


def test_every_test_is_collected():
    found = []
    for module in modules_of_tests():
        collected = module.path.name.startswith("test_")
        if collected and not collected_in(module):
            found.append(f"{module}: there is no test in it")
        if not collected and collected_in(module):
            found.append(f"{module}: pytest does not look here")
        names = [node.name for node in collected_in(module) if node in module.tree.body]
        found += [f"{module}: {name} is there twice" for name in set(names) if names.count(name) > 1]
        found += [f"{module.at(node)}: nobody awaits this" for node in collected_in(module) if not is_run(node)]
        if not (PROJECT / module.path.parent / "__init__.py").exists():
            found.append(f"{module.path.parent}: has no __init__.py")
    report(found)


def test_no_test_is_skipped_or_expected_to_fail():
    words = ("mark." + "skip", "mark." + "xfail", "pytest." + "skip", "pytest." + "xfail", "skip" + "if")
    report([f"{module}: {word}" for module in modules_of_tests() for word in words if word in module.text])


def test_modules_are_not_named_after_nothing():
    report(
        [
            str(module)
            for module in modules(tests=True)
            if module.path.stem in {"utils", "helpers", "common", "misc", "extras"}
        ]
    )


def test_modules_say_what_they_are_for():
    report(
        [str(module) for module in modules(tests=True) if module.text.strip() and not ast.get_docstring(module.tree)]
    )


def test_nothing_tells_of_the_machine_it_was_written_on():
    words = ["../" + "shared", "/work" + "/main", "/work" + "/shared", "/" + "root/", "/home" + "/", "house" + ".md"]
    found = []
    for path in text_files():
        if path.name == "test_docs.py":  # it looks for some of these words itself
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(PROJECT)}: {word}" for word in words if word in text]
    report(found)


def test_nothing_is_left_for_later():
    words = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error", "HA" + "CK")
    pattern = re.compile("|".join(rf"\b{word}\b" for word in words))
    report([f"{module}: {found[0]}" for module in modules(tests=True) if (found := pattern.search(module.text))])


def enqueued() -> set[str]:
    return {
        node.args[0].value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("enqueue_on_commit")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


class TestJobs:
    def test_every_name_that_is_sent_is_declared_in_the_web_process_too(self):
        declared = dramatiq.get_broker().get_declared_actors()
        assert enqueued()
        assert enqueued() <= declared

    def test_every_actor_states_its_limits(self):
        ours = [actor for actor in dramatiq.get_broker().actors.values() if actor.fn.__module__.split(".")[0] in APPS]
        assert ours
        for actor in ours:
            assert actor.options.keys() >= {"max_retries", "time_limit"}, actor.actor_name
            assert actor.queue_name != "default", actor.actor_name

    def test_tasks_only_load_and_call(self):
        report(
            [
                f"{module.at(node)}: .{method}( belongs into a service"
                for module in modules()
                if module.path.name == "tasks.py"
                for node, method in module.method_calls
                if method in WRITING | {"filter", "execute"} and method != "delete"
            ]
        )

    def test_the_broker_is_the_one_of_the_settings(self):
        assert set_up_broker.__module__ == "lifestring.jobs"
        assert type(dramatiq.get_broker()).__name__ == "RedisBroker"


@pytest.mark.parametrize("app", APPS)
def test_every_app_is_tested_where_it_lives(app: str):
    assert (PROJECT / app / "tests" / "__init__.py").exists()
