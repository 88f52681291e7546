"""Kolada's yearly figures into the series of the outcomes that are measured by them.

Nothing of this is done by a person: what persons and other systems have entered stands. No transaction is open while
Kolada is asked, and each outcome is stored in one of its own, so that what came before a fault is kept.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives.actions.measuring import LARGEST, Entry, record_values
from initiatives.kolada import LONGEST_LIST, Client, KoladaFault, YearlyValue
from initiatives.models import Measurement, Outcome
from initiatives.workflow import ACTIVE_STATES, Ending, State

logger = logging.getLogger(__name__)


@dataclass
class Pulled:
    """What became of one key figure: how many of its values were created, corrected, unchanged, refused or left out.

    Left out is what persons or other systems have measured themselves. `fault` says why there are none.
    """

    kpi: str
    counts: Counter[str] = field(default_factory=Counter)
    fault: str = ""


def pull(*, client: Client, municipality: str, now: dt.datetime) -> list[Pulled]:
    """Reads the last 25 whole years of every key figure that an outcome is measured by, and stores what is new.

    A key figure that Kolada has no answer to does not stop the others. Run again, it changes nothing.
    """
    this_year = timezone.localdate(now).year
    years = range(this_year - LONGEST_LIST, this_year)
    pulled: list[Pulled] = []
    told_to_wait: KoladaFault | None = None
    for kpis in _lists(_key_figures()):
        answers = [(kpi, told_to_wait) for kpi in kpis] if told_to_wait else _ask(client, kpis, municipality, years)
        for kpi, answer in answers:
            pulled.append(_store(kpi, answer, now))
            if isinstance(answer, KoladaFault) and answer.wait:
                told_to_wait = answer  # longer than can be waited for here; the next night asks anew
    return pulled


def _fed() -> QuerySet[Outcome, Any]:
    """The outcomes that take values from Kolada: of what is going on, and of what must show that its effect holds."""
    is_confirmed = Q(initiative__state=State.CONCLUDED, initiative__ending=Ending.CONFIRMED)
    is_going_on = Q(initiative__state__in=ACTIVE_STATES)
    return Outcome.objects.filter(is_going_on | is_confirmed).exclude(indicator__kolada_id="")


def _key_figures() -> list[str]:
    names = _fed().order_by("indicator__kolada_id").values_list("indicator__kolada_id", flat=True)
    return list(names.distinct())


def _lists(kpis: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(kpis), LONGEST_LIST):
        yield kpis[first : first + LONGEST_LIST]


def _ask(
    client: Client, kpis: Sequence[str], municipality: str, years: Sequence[int]
) -> Iterator[tuple[str, list[YearlyValue] | KoladaFault]]:
    """What Kolada says of each key figure. When one of them is to blame, the others are asked for without it."""
    try:
        values = client.yearly_values(kpis, municipality, years)
    except KoladaFault as fault:
        if fault.may_pass or len(kpis) == 1:
            yield from ((kpi, fault) for kpi in kpis)
            return
        half = len(kpis) // 2
        yield from _ask(client, kpis[:half], municipality, years)
        yield from _ask(client, kpis[half:], municipality, years)
    else:
        yield from ((kpi, [value for value in values if value.kpi == kpi]) for kpi in kpis)


def _store(kpi: str, answer: list[YearlyValue] | KoladaFault, now: dt.datetime) -> Pulled:
    pulled = Pulled(kpi)
    if isinstance(answer, KoladaFault):
        pulled.fault = str(answer)
        logger.warning("Key figure %s: %s", kpi, answer)
        return pulled
    for outcome_id in _fed().filter(indicator__kolada_id=kpi).order_by("pk").values_list("pk", flat=True):
        pulled.counts += _store_in(outcome_id, answer, now)
    return pulled


@transaction.atomic
def _store_in(outcome_id: int, values: list[YearlyValue], now: dt.datetime) -> Counter[str]:
    """A constant number of queries. The lock is that of everybody who enters values."""
    locked = _fed().select_related("initiative", "indicator").select_for_update(of=("initiative",))
    outcome = locked.filter(pk=outcome_id).first()
    if outcome is None:  # it was ended or removed while Kolada was asked
        return Counter()
    entries = _not_measured_by_others(outcome, [_entry(value) for value in values])
    answers = record_values(
        outcome, entries, source=Measurement.Source.KOLADA, now=now, reason=_("Kolada has published a new value")
    )
    counts: Counter[str] = Counter(answer.outcome for answer in answers)
    if left := len(values) - len(entries):
        counts["left out"] = left
    return counts


def _not_measured_by_others(outcome: Outcome, entries: list[Entry]) -> list[Entry]:
    """Others' years stand; and where they measure anything but whole years, a year among the values would mislead."""
    theirs = outcome.measurements.filter(series="").exclude(source=Measurement.Source.KOLADA)
    spans = set(theirs.values_list("period_start", "observed_on"))
    if not spans <= {(dt.date(last.year, 1, 1), dt.date(last.year, 12, 31)) for _first, last in spans}:
        return []
    taken = {last for _first, last in spans}
    return [entry for entry in entries if entry.observed_on not in taken]


def _entry(value: YearlyValue) -> Entry:
    source = f"Kolada, {value.kpi} ({value.municipality})"
    kept = _as_stored(value.value)
    if kept != value.value:  # only what is unprocessed may be said to be Kolada's
        source = _("processed values from %(source)s") % {"source": source}
    first, last = dt.date(value.year, 1, 1), dt.date(value.year, 12, 31)
    return Entry(last, kept, period_start=first, source_reference=source)


def _as_stored(value: Decimal) -> Decimal:
    """With six decimals, half to even. What is too large to be stored is left as it is, to be refused."""
    return value if abs(value) >= LARGEST else round(value, 6)
