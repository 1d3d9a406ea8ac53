"""Two people who act at the same instant: one case, one decision, and nothing counted twice."""

import uuid
from typing import Any

import pytest

from accounts.models import Suspension
from lifestring.errors import ConflictError
from lifestring.testing.fixtures import Together
from lifestring.testing.people import Person, client_for, make_person
from moderation import services
from moderation.bulk import each
from moderation.models import AuditEntry, Case, Report, Sanction, Snapshot
from moderation.tests.acts import WHY, case_about, report
from strings.models import String, StringComment
from strings.tests.posts import counts, post_comment, post_string, string_row

pytestmark = pytest.mark.django_db(transaction=True)


def reporting(person: Person, target_id: Any) -> Any:
    def run() -> int:
        body = {"target_type": "string", "target_id": str(target_id), "reason": "spam"}
        return int(client_for(person.user_id).post("/api/reports", body).status_code)

    return run


def test_reporters_at_once_make_one_case(alice: Person, together: Together, many_connections: None):
    people = [make_person(f"R{n}") for n in range(6)]
    for _ in range(3):
        string = post_string(alice)
        answers = together(*(reporting(person, string) for person in people for _ in range(2)))
        assert set(answers) == {201}
        case = Case.objects.get(target_id=string)
        assert case.reporters_count == Report.objects.filter(case=case).count() == len(people)


def test_one_persons_reports_at_once_are_bounded_all_the_same(
    alice: Person, bob: Person, together: Together, many_connections: None, settings: Any
):
    settings.REPORTS_PER_HOUR = 3
    strings = [string_row(alice, n) for n in range(10)]
    assert sorted(together(*(reporting(bob, string.id) for string in strings))) == [201] * 3 + [429] * 7
    assert Report.objects.count() == 3


def test_a_report_and_a_decision_leave_no_open_report_behind(
    alice: Person, bob: Person, mod: Person, together: Together
):
    charlie = make_person("Charlie")
    for _ in range(5):
        case = case_about(bob, "string", post_string(alice))

        def dismiss(case: Case = case) -> int:
            return services.case_dismiss(caller=mod.caller, case_id=case.id, version=case.version)

        together(reporting(charlie, case.target_id), dismiss)
        for report_ in Report.objects.filter(target_id=case.target_id):
            assert report_.is_open == (report_.case.status == "open")


def test_twenty_moderators_decide_every_case_once(
    alice: Person, bob: Person, together: Together, many_connections: None
):
    moderators = [make_person(f"M{n}", is_mod=True) for n in range(20)]
    strings = [string_row(alice, n) for n in range(20)]
    for string in strings:
        services.content_flag(source="ai", target_type="string", target_id=string.id, reason="spam")
    versions = dict(Case.objects.for_queue().values_list("id", "version"))

    def work(person: Person, start: int) -> Any:
        mine = dict([*versions.items()][start:] + [*versions.items()][:start])

        def act(case_id: uuid.UUID, version: int) -> int:
            if case_id.int % 2:
                return services.case_remove(caller=person.caller, case_id=case_id, version=version, why=WHY)
            return services.case_dismiss(caller=person.caller, case_id=case_id, version=version)

        return each(mine, act)

    results = together(*(lambda p=person, n=n: work(p, n * 7 % 20) for n, person in enumerate(moderators)))
    done = [case_id for result in results for case_id in result.done]
    assert len(done) == len(set(done)) == 20
    assert Case.objects.open().count() == 0
    assert AuditEntry.objects.count() == 20
    removed = Case.objects.filter(decision="removed").count()
    assert Snapshot.objects.count() == removed == 20 - String.objects.count()
    told = {text for result in results for text in result.refused.values()}
    assert all("decided this case already" in text for text in told)
    assert len([text for result in results for text in result.refused]) == 19 * 20


def test_two_who_suspend_one_person_at_once_both_count(alice: Person, mod: Person, admin: Person, together: Together):
    def suspend(by: Person, days: int | None) -> Any:
        return lambda: services.person_suspend(caller=by.caller, user_id=alice.user_id, days=days, message="No.")

    together(suspend(mod, 1), suspend(admin, 30), suspend(mod, 7))
    longest = max(Sanction.objects.values_list("ends_at", flat=True))
    assert Suspension.objects.get().until == longest


def test_one_appeal_of_many_at_once_and_one_answer(alice: Person, mod: Person, admin: Person, together: Together):
    sanction = services.person_suspend(caller=mod.caller, user_id=alice.user_id, days=7, message="No.")
    appeal = lambda: client_for(alice.user_id).post("/api/appeals", {"sanction_id": str(sanction), "text": "?"})  # noqa: E731
    assert sorted(answer.status_code for answer in together(*[appeal] * 4)) == [201, 422, 422, 422]
    others = [admin, make_person("Mod Two", is_mod=True)]
    appeal_id = Sanction.objects.get().appeal.id

    def decide(person: Person, grant: bool) -> Any:
        def run() -> str:
            try:
                services.appeal_decide(caller=person.caller, appeal_id=appeal_id, grant=grant, answer="So.")
            except ConflictError as error:
                return error.message
            return ""

        return run

    told = together(decide(others[0], True), decide(others[1], False))
    assert sorted(map(bool, told)) == [False, True]


def test_removing_while_others_comment_and_erase_keeps_counts(
    alice: Person, bob: Person, mod: Person, together: Together, many_connections: None
):
    for _ in range(4):
        leaver = make_person("Leaver")
        string = post_string(alice)
        post_comment(leaver, string)
        post_comment(bob, string)
        case = case_about(bob, "string", string)

        def remove(case: Case = case) -> int:
            return services.case_remove(caller=mod.caller, case_id=case.id, version=case.version, why=WHY)

        def erase(leaver: Person = leaver) -> int:
            return int(client_for(leaver.user_id).delete("/api/me").status_code)

        def comment(string: str = string) -> int:
            client = client_for(bob.user_id)
            return int(client.post(f"/api/strings/{string}/comments", {"content": "x"}).status_code)

        _, erased, commented = together(remove, erase, comment)
        assert (erased, commented in {201, 404}) == (204, True)
        version = Case.objects.get(id=case.id).version
        services.case_restore(caller=mod.caller, case_id=case.id, version=version, why=WHY)
        # Removed between its commit and its answer, a comment is 404, and comes back with the string.
        assert counts(string) in {(0, 2), (0, 1 + (commented == 201))}
        assert {*StringComment.objects.on(uuid.UUID(string)).values_list("user_id", flat=True)} == {bob.user_id}
        assert report(bob, "string", string).status_code == 201
