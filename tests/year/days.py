"""The days of the year, by a table of their own, and when the clock comes to look on each."""

import datetime as dt
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Stockholm")
ONE_DAY: Final = dt.timedelta(days=1)
FIRST: Final = dt.date(2026, 1, 1)
LAST: Final = dt.date(2026, 12, 31)
RED: Final = frozenset(
    dt.date(2026, month, day)
    for month, day in (
        *((1, 1), (1, 6)),
        *((4, 3), (4, 5), (4, 6)),  # Good Friday to Easter Monday
        *((5, 1), (5, 14), (5, 24)),
        *((6, 6), (6, 19), (6, 20)),  # the National Day, Midsummer
        (10, 31),
        *((12, 24), (12, 25), (12, 26), (12, 31)),
    )
)
CLOSED: Final = frozenset({dt.date(2026, 5, 15), dt.date(2026, 9, 18)})  # between days off; and the municipality's day
QUIET: Final = (dt.date(2026, 7, 6), dt.date(2026, 7, 26))
DEAD: Final = (  # from and to, both included: no clock at all
    (dt.date(2026, 2, 11), dt.date(2026, 2, 11)),  # a Wednesday
    (dt.date(2026, 3, 29), dt.date(2026, 3, 29)),  # the night when the clocks go forward
    (dt.date(2026, 4, 20), dt.date(2026, 4, 26)),  # a week
    (dt.date(2026, 10, 1), dt.date(2026, 10, 1)),  # the day when the month's values fall due
    (dt.date(2026, 11, 12), dt.date(2026, 11, 15)),  # from a Thursday to a Sunday
)
MISSED_HOURS: Final = {  # it came back at that hour
    dt.date(2026, 1, 20): dt.time(9, 40),
    dt.date(2026, 6, 2): dt.time(12, 5),
    dt.date(2026, 9, 7): dt.time(18, 5),
    dt.date(2026, 10, 26): dt.time(20, 15),  # after the hour until which letters are made
}


def days() -> list[dt.date]:
    return [FIRST + ONE_DAY * number for number in range((LAST - FIRST).days + 1)]


@cache
def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and day not in RED and day not in CLOSED


def takes_letters(day: dt.date) -> bool:
    return is_working_day(day) and not QUIET[0] <= day <= QUIET[1]


@cache
def working_days_after(day: dt.date, count: int) -> dt.date:
    """The `count`-th full working day after `day`; as many days of any kind before it, when less than nothing."""
    if count <= 0:
        return day + ONE_DAY * count
    while count:
        day += ONE_DAY
        count -= is_working_day(day)
    return day


def at(day: dt.date, hour: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, hour, tzinfo=ZONE)


def midnight(day: dt.date) -> dt.datetime:
    return at(day, dt.time.min)


def turns(day: dt.date) -> list[dt.datetime]:
    """When the clock looks: once on most days, often on every twenty-third, and on every third day off not at all."""
    if any(first <= day <= last for first, last in DEAD):
        return []
    if not is_working_day(day):
        hours = [dt.time(6, 5)][: day.toordinal() % 3]
    elif day.toordinal() % 23 == 0:
        hours = [dt.time(6, 5), dt.time(7, 35), dt.time(9, 40), dt.time(12, 5), dt.time(18, 5), dt.time(23, 50)]
    else:
        hours = [(dt.time(7, 35), dt.time(7, 35), dt.time(12, 5), dt.time(18, 5))[day.toordinal() % 4]]
    if day in MISSED_HOURS:
        hours = [MISSED_HOURS[day]]
    return [at(day, hour) for hour in hours]
