"""What must always hold is held by the database: each constraint is broken once, by name."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from initiatives.models import (
    DUTIES,
    Change,
    Claim,
    CoDriver,
    Comment,
    Correction,
    Delivery,
    Event,
    Grading,
    Handover,
    HoldCheck,
    Indicator,
    Initiative,
    KeptAnswer,
    Measurement,
    Nudge,
    NudgePolicy,
    NudgeSetting,
    NudgeText,
    Obstacle,
    OptOut,
    Outcome,
    Overlap,
    Promise,
    ReceivedMail,
    Retirement,
    Showing,
    ShowingBasis,
    Snooze,
    SoilTarget,
    Summary,
    Transition,
    VerificationStep,
    Waiver,
    Webhook,
)
from kommun.models import ApiClient
from tests.builders import LONG_AGO, NOW, TODAY, a_claim, a_nudge, a_person, a_unit, an_indicator, an_initiative, values
from tests.watching import a_client

pytestmark = pytest.mark.django_db


def initiative(**columns: Any) -> Initiative:
    return an_initiative(a_person(), a_unit(), **columns)


def change(**columns: Any) -> Callable[[], object]:
    return lambda: Initiative.objects.filter(pk=initiative().pk).update(**columns)


def measured() -> Measurement:
    return values(initiative().outcomes.get(), [1], until=TODAY)[0]


def nudged_twice() -> None:
    draft = initiative()
    for _time in range(2):
        a_nudge(draft, "value_due", draft.owner, number=0)


def held_out(rule: str, **columns: Any) -> Callable[[], object]:
    def hold_out() -> None:
        draft = initiative()
        a_nudge(draft, rule, draft.owner, is_held_out=True, **columns)

    return hold_out


def changing_what_was_told() -> None:
    draft = initiative()
    nudge = a_nudge(draft, "value_due", draft.owner, is_held_out=True)
    Nudge.objects.filter(pk=nudge.pk).update(acted_at=NOW)  # this may be noted
    Nudge.objects.filter(pk=nudge.pk).update(is_held_out=False)


def commented(**columns: Any) -> Comment:
    row = initiative()
    return Comment.objects.create(**{"initiative": row, "by": row.owner, "text": "Hej", "at": NOW} | columns)


def received() -> ReceivedMail:
    return ReceivedMail.objects.create(message_id="<a@b>", sender="a@b", received_at=NOW, result="ignored")


def answered_twice_under_one_key() -> None:
    client = ApiClient.objects.create(client_type="confidential", authorization_grant_type="client-credentials")
    for _time in range(2):
        KeptAnswer.objects.create(client=client, key="k", fingerprint="", status=200, body=b"")


def put_off_twice() -> None:
    draft = initiative()
    reason = {"rule": "draft_resting", "initiative": draft, "subject": draft.uuid, "since_at": NOW}
    for _time in range(2):
        Snooze.objects.create(employee=draft.owner, until_on=TODAY, **reason)


def declined_twice() -> None:
    person = a_person()
    for _time in range(2):
        OptOut.objects.create(employee=person, rule="value_due")


def declined(rule: str) -> Callable[[], object]:
    return lambda: OptOut.objects.create(employee=a_person(), rule=rule)


def stepped_twice() -> None:
    proposed = initiative(state="proposed")
    Transition.objects.create(
        initiative=proposed, number=1, verb="submit", from_state="draft", to_state="proposed", by=proposed.owner, at=NOW
    )


def decided_by_nobody() -> None:
    Transition.objects.create(
        initiative=initiative(), number=1, verb="approve", from_state="proposed", to_state="underway", at=NOW
    )


def twice_primary() -> None:
    draft = initiative()
    Outcome.objects.create(initiative=draft, indicator=an_indicator())


def twice_measured() -> None:
    row = measured()
    row.pk, row.uuid = None, None  # type: ignore[assignment]
    row.uuid = initiative().uuid
    row.save()


def twice_named() -> None:
    an_indicator("Väntetid", "dagar")
    an_indicator("väntetid", "Dagar")


def invited_twice() -> None:
    draft, friend = initiative(), a_person("Moa", "Ek")
    for _time in range(2):
        CoDriver.objects.create(initiative=draft, employee=friend, invited_by=draft.owner)


def handed_over_twice() -> None:
    draft = initiative()
    for _time in range(2):
        Handover.objects.create(initiative=draft, to=a_person(), offered_by=draft.owner, offered_at=NOW)


def waived(**columns: Any) -> Callable[[], object]:
    def write() -> None:
        draft = initiative()
        for _time in range(columns.pop("times", 1)):
            Waiver.objects.create(
                **{"initiative": draft, "kind": "result", "reason": "Nytt", "asked_by": draft.owner, "asked_at": NOW}
                | columns
            )

    return write


def promised_and_settled_as_neither() -> None:
    draft = initiative()
    Promise.objects.create(
        initiative=draft, kind="time", text="Två timmar", due_on=TODAY, promised_by=draft.owner, promised_at=NOW,
        settled_at=NOW,
    )  # fmt: skip


def not_a_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE initiatives_measurement SET value = 'NaN' WHERE id = %s", [measured().pk])


def corrected_without_words() -> None:
    Correction.objects.create(measurement=measured(), reason="", at=NOW)


def answered_as_neither() -> None:
    draft = initiative()
    Handover.objects.create(initiative=draft, to=a_person(), offered_by=draft.owner, offered_at=NOW, answered_at=NOW)


def used_twice() -> None:
    outcome = initiative().outcomes.get()
    Outcome.objects.create(initiative=outcome.initiative, indicator=outcome.indicator, is_primary=False)


def its_own_origin() -> None:
    draft = initiative()
    Initiative.objects.filter(pk=draft.pk).update(origin=draft)


def checked(**columns: Any) -> Callable[[], object]:
    def write() -> None:
        outcome = initiative().outcomes.get()
        for _time in range(columns.pop("times", 1)):
            HoldCheck.objects.create(**{"outcome": outcome, "step": 4, "months": 1, "due_on": TODAY} | columns)

    return write


def verified(**columns: Any) -> Callable[[], object]:
    def write() -> None:
        outcome = initiative().outcomes.get()
        for _time in range(columns.pop("times", 1)):
            VerificationStep.objects.create(**{"outcome": outcome, "number": 1, "kind": "asked", "at": NOW} | columns)

    return write


def claims(**columns: Any) -> Callable[[], object]:
    def write() -> None:
        outcome = initiative().outcomes.get()
        for _time in range(columns.pop("times", 1)):
            a_claim(outcome, **columns)

    return write


def overlaps(first: str = "hours", other: str = "money", **columns: Any) -> Callable[[], object]:
    """Between the claims of these kinds, and once more the other way round."""

    def write() -> None:
        outcome = initiative().outcomes.get()
        found = {kind: a_claim(outcome, kind=kind) for kind in {first, other}}
        given = {"answer": "included", "reason": "Samma", "by": outcome.initiative.owner, "at": NOW} | columns
        Overlap.objects.create(first=found[first], other=found[other], **given)
        Overlap.objects.create(first=found[other], other=found[first], **given)

    return write


def stood(**columns: Any) -> Callable[[], object]:
    def write() -> None:
        draft = initiative()
        given = {"initiative": draft, "text": "Låst dörr", "raised_by": draft.owner, "raised_at": NOW} | columns
        Obstacle.objects.create(**given)

    return write


def rule_set(**columns: Any) -> Callable[[], object]:
    return lambda: NudgeSetting.objects.create(**{"rule": "value_due"} | columns)


def retired(times: int = 1, **columns: Any) -> Callable[[], object]:
    def write() -> None:
        for _time in range(times):
            Retirement.objects.create(**{"rule": "value_due", "proposed_at": NOW} | columns)

    return write


def shown(*, times: int = 1, **columns: Any) -> Callable[[], object]:
    given = {"year": 2026, "own_is_shown": True, "whole_is_shown": True, "people": 5} | columns

    def create() -> None:
        unit = a_unit()
        for _time in range(times):
            Showing.objects.create(unit=unit, **given)

    return create


def aimed(*, times: int = 1, **columns: Any) -> Callable[[], object]:
    given = {"measure": "confirmed", "value": 1, "from_on": TODAY, "set_at": NOW} | columns

    def create() -> None:
        unit, person = a_unit(), a_person()
        for _time in range(times):
            SoilTarget.objects.create(unit=unit, set_by=person, **given)

    return create


def a_change() -> Change:
    return Change.objects.create(kind="unit.changed", subject="E0", path=[0])


def a_webhook(**columns: Any) -> Webhook:
    return Webhook.objects.create(client=a_client(), url="https://example.org", types=[], secret="x", **columns)


def a_delivery(webhook: Webhook, change: Change, **columns: Any) -> Delivery:
    return Delivery.objects.create(webhook=webhook, change=change, line="E0", **columns)


def delivered_twice() -> None:
    webhook, change = a_webhook(), a_change()
    for _time in range(2):
        a_delivery(webhook, change)


BREAKS: list[tuple[str, Callable[[], object]]] = [
    ("who_is_held_out_gets_no_letter", held_out("value_due", read_at=NOW)),
    ("nobody_is_held_out_from_what_they_have_a_right_to", held_out("decision_waiting")),
    ("initiative_state_is_known", change(state="flying")),
    ("initiative_has_a_title", change(title="")),
    ("cost_is_not_negative", change(cost=-1)),
    ("only_a_draft_may_lack_a_unit", change(state="underway", unit=None)),
    ("what_is_measured_has_a_change_date", change(state="measuring")),
    ("concluded_has_an_ending_and_only_then", change(ending="confirmed")),
    ("concluded_has_an_ending_and_only_then", change(state="concluded", lesson="Så", concluded_at=NOW)),
    ("every_ending_has_a_lesson", change(state="concluded", ending="worse", concluded_at=NOW)),
    ("what_waits_for_decision_says_until_when", change(state="proposed")),
    ("what_is_paused_says_until_when", change(state="paused")),
    ("steps_are_numbered_once", stepped_twice),
    ("decision_is_made_by_a_person", decided_by_nobody),
    ("initiative_has_one_primary_outcome", twice_primary),
    ("one_value_per_outcome_series_and_date", twice_measured),
    ("indicator_is_told_apart_by_name_and_unit", twice_named),
    ("kolada_id_is_n_or_u_and_five_digits", lambda: an_indicator(kolada_id="X00001")),
    ("evidence_grade_is_zero_to_five", lambda: initiative().outcomes.update(grade=6)),
    ("period_ends_after_it_starts", lambda: Measurement.objects.filter(pk=measured().pk).update(observed_on=LONG_AGO)),
    ("value_is_a_number", not_a_number),
    ("nudge_goes_out_once", nudged_twice),
    ("person_co_drives_once", invited_twice),
    ("one_open_handover_per_initiative", handed_over_twice),
    ("one_open_waiver_of_a_kind", waived(times=2)),
    ("waiver_has_a_reason", waived(reason="")),
    ("waiver_is_answered_by_somebody", waived(is_accepted=True)),
    ("promise_is_settled_as_kept_or_broken", promised_and_settled_as_neither),
    ("correction_has_a_reason", corrected_without_words),
    ("handover_is_answered_with_yes_or_no", answered_as_neither),
    ("indicator_is_used_once_per_initiative", used_twice),
    ("initiative_is_not_its_own_origin", its_own_origin),
    ("what_has_faded_says_since_when", lambda: initiative().outcomes.update(hold="faded")),
    ("what_has_faded_says_since_when", lambda: initiative().outcomes.update(faded_on=TODAY)),
    ("graded_zero_to_five", lambda: Grading.objects.create(outcome=initiative().outcomes.get(), grade=6, at=NOW)),
    ("verification_steps_are_numbered_once", verified(times=2)),
    ("what_is_sent_back_says_why", lambda: verified(kind="returned", by=a_person())()),
    ("result_is_verified_by_a_person", verified(kind="confirmed")),
    ("hold_check_is_made_once", checked(times=2)),
    ("hold_is_checked_after_set_months", checked(months=2)),
    ("hold_check_has_a_day_when_it_has_a_result", checked(result="held")),
    ("effect_is_claimed_once", claims(times=2)),
    ("effect_is_claimed_for_at_most_twelve_months", claims(months=0)),
    ("effect_is_claimed_for_at_most_twelve_months", claims(months=13)),
    ("effect_is_claimed_for_at_most_twelve_months", claims(is_recurring=False, months=2)),
    ("claim_begins_with_a_month", claims(from_on=TODAY.replace(day=2))),
    ("claim_says_how_it_is_known", claims(basis="")),
    ("claim_has_a_volume_and_a_value", claims(volume=0)),
    ("claim_has_a_volume_and_a_value", claims(unit_value=0)),
    ("something_else_says_its_unit", claims(kind="other")),
    ("something_else_says_its_unit", claims(unit_of_measure="kg")),
    ("claim_is_checked_by_somebody", claims(checked_at=NOW)),
    ("claim_is_checked_by_somebody", lambda: claims(checked_by=a_person())()),
    ("overlap_is_settled_once", overlaps()),
    ("claim_does_not_overlap_itself", overlaps(other="hours")),
    ("shares_are_at_most_the_whole", overlaps(answer="split", first_share=1, other_share=Decimal("0.1"))),
    ("shares_are_at_most_the_whole", overlaps(answer="split", first_share=Decimal("-0.1"))),
    ("shares_are_at_most_the_whole", overlaps(answer="split", other_share=Decimal("-0.1"))),
    ("what_is_included_has_no_share", overlaps(first_share=Decimal("0.5"), other_share=Decimal("0.5"))),
    ("obstacle_says_what_it_is", stood(text="")),
    ("obstacle_is_closed_by_somebody", stood(closed_at=NOW)),
    ("obstacle_is_closed_by_somebody", stood(is_removed=True)),
    ("obstacle_is_closed_by_somebody", lambda: stood(closed_at=NOW, closed_by=a_person())()),
    ("obstacle_that_stays_has_a_reason", lambda: stood(closed_at=NOW, closed_by=a_person(), is_removed=False)()),
    ("reminder_comes_at_most_sixty_days_before", rule_set(first_after=-61)),
    ("reminder_comes_at_most_sixty_days_before", rule_set(first_after=366)),
    ("reminder_is_repeated_after_a_day_or_more", rule_set(repeat=0)),
    ("reminder_comes_one_to_twenty_times", rule_set(at_most=0)),
    ("reminder_comes_one_to_twenty_times", rule_set(at_most=21)),
    ("escalation_waits_a_day_or_more", rule_set(escalate_after=0)),
    ("held_out_are_none_or_a_tenth_to_a_half", rule_set(holdout_share="0.09")),
    ("held_out_are_none_or_a_tenth_to_a_half", rule_set(holdout_share="0.51")),
    ("held_out_are_none_or_a_tenth_to_a_half", rule_set(rule="decision_waiting", holdout_share="0.20")),
    ("there_is_one_policy_of_nudges", lambda: NudgePolicy.objects.create(id=2)),
    ("letters_per_week_are_one_to_five", lambda: NudgePolicy.objects.create(letters_per_week=0)),
    ("letters_per_week_are_one_to_five", lambda: NudgePolicy.objects.create(letters_per_week=6)),
    ("one_open_retirement_per_rule", retired(times=2)),
    ("retirement_is_answered_with_yes_or_no", retired(answered_at=NOW)),
    ("retirement_is_answered_with_yes_or_no", retired(is_retired=True)),
    # Comments, and letters that come in
    ("comment_says_something", lambda: commented(text="")),
    ("kind_of_reminder_is_declined_once", declined_twice),
    *[("what_others_wait_for_cannot_be_declined", declined(rule)) for rule in DUTIES],
    ("reminder_is_put_off_once_at_a_time", put_off_twice),
    ("key_names_one_request_of_a_client", answered_twice_under_one_key),
    # What may be shown
    ("what_is_shown_of_a_year_is_said_once", shown(year=2026, times=2)),
    ("what_is_shown_is_about_five_people_or_more", shown(people=4)),
    ("what_is_shown_is_about_five_people_or_more", shown(people=4, own_is_shown=False)),
    ("basis_of_what_is_shown_is_one", lambda: ShowingBasis.objects.create(pk=2, on=TODAY)),
    # Targets for the soil
    ("soil_target_ends_after_it_starts", aimed(to_on=TODAY - dt.timedelta(days=1))),
    ("unit_has_one_target_of_a_measure_at_a_time", aimed(times=2)),
    ("soil_target_is_of_a_known_measure", aimed(measure="happiness")),
    ("soil_target_is_not_negative", aimed(value=-1)),
    # What has changed, and whom it is told to
    ("change_is_told_once_per_transaction", lambda: [a_change() for _time in range(2)]),
    ("change_is_delivered_once_per_webhook", delivered_twice),
    ("delivery_has_arrived_or_is_dead", lambda: a_delivery(a_webhook(), a_change(), delivered_at=NOW, dead_at=NOW)),
    ("disabled_webhook_says_since_when", lambda: a_webhook(status="disabled")),
    ("disabled_webhook_says_since_when", lambda: a_webhook(disabled_at=NOW)),
    ("former_secret_is_good_until_a_day", lambda: a_webhook(former_secret="x")),
    ("former_secret_is_good_until_a_day", lambda: a_webhook(former_secret_until=NOW)),
    # Summaries of figures.
    ("summary_is_kept_once", lambda: [Summary.objects.create(place=0, is_own=False, grain=3) for _time in range(2)]),
    ("everywhere_is_no_unit_of_its_own", lambda: Summary.objects.create(place=0, is_own=True, grain=3)),
]


# What holds beside the named constraints: a trigger, and a column that is unique.
BESIDE: list[tuple[str, Callable[[], object]]] = [
    ("what_was_told_stays", changing_what_was_told),
    ("initiatives_receivedmail_message_id_key", lambda: [received() for _time in range(2)]),
]


@pytest.mark.parametrize(("name", "break_it"), [*BREAKS, *BESIDE], ids=[name for name, _break in [*BREAKS, *BESIDE]])
def test_the_database_refuses(name: str, break_it: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        break_it()


@pytest.mark.parametrize(
    "table", [Transition, Event, Correction, Grading, VerificationStep, NudgeSetting, NudgeText, Comment]
)
def test_history_is_only_added_to(table: Any) -> None:
    proposed = initiative(state="proposed")
    Event.objects.create(kind="initiative.submit", at=NOW, initiative=proposed, subject=proposed.uuid)
    Correction.objects.create(measurement=measured(), reason="Fel", at=NOW)
    Grading.objects.create(outcome=proposed.outcomes.get(), grade=1, at=NOW)
    VerificationStep.objects.create(outcome=proposed.outcomes.get(), number=1, kind="asked", at=NOW)
    NudgeSetting.objects.create(rule="value_due", at=NOW)
    NudgeText.objects.create(rule="value_due", language="sv", by=proposed.owner, at=NOW)
    commented()
    attempts: list[Callable[[], object]] = [lambda: table.objects.update(at=NOW), lambda: table.objects.all().delete()]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="history_is_only_added_to"), transaction.atomic():
            attempt()


@pytest.mark.parametrize("table", [Initiative, Indicator, Outcome, Measurement, Claim])
def test_updated_at_never_runs_backwards(table: Any) -> None:
    row = measured()
    outcome = row.outcome
    known = {Initiative: outcome.initiative, Indicator: outcome.indicator, Outcome: outcome, Measurement: row}
    found = known.get(table) or a_claim(outcome)
    moments = []
    for _time in range(3):
        table.objects.filter(pk=found.pk).update(updated_at=dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
        moments.append(table.objects.get(pk=found.pk).updated_at)
    assert moments == sorted(set(moments))
    assert moments[0].year >= 2026


def test_events_carry_the_transaction_that_wrote_them() -> None:
    proposed = initiative()
    event = Event.objects.create(kind="test", at=NOW, initiative=proposed, subject=proposed.uuid)
    event.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert cursor.fetchone() == (event.xact,)
