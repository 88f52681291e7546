"""The processor's time for a chart and its table, from values to HTML, limits and signals included."""

import datetime as dt
import random
import time
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils import translation

from initiatives.evidence import Direction, Value, split
from initiatives.outcomes.early_warning import early_warning
from initiatives.pages.components.chart import Series, draw
from initiatives.pages.warning_words import warning_words
from tests.bench.figures import median_time, table

SIZES = (24, 200, 500)


def measure() -> None:
    times = {f"{size} values": chart_time(size) for size in SIZES}
    print(table("\nThe chart with its table, processor time", times), flush=True)


def chart_time(size: int, *, runs: int = 7) -> float:
    """Seconds for the chart of `size` weekly values in Swedish, half of them before the change."""
    chance = random.Random(size)
    days = [dt.date(2010, 1, 4) + dt.timedelta(weeks=number) for number in range(size)]
    values = [Value(day, day + dt.timedelta(days=6), Decimal(str(round(chance.gauss(100, 15), 2)))) for day in days]
    with translation.override("sv"):
        return median_time(lambda: html_of(values, days[size // 2]), clock=time.process_time, runs=runs)


def html_of(values: list[Value], change_on: dt.date) -> str:
    target = Decimal(80)
    warning = early_warning(split(values, change_on), change_on=change_on, better=Direction.DOWN, target=target)
    series = Series("Väntetid", "dagar", values, change_on, target=target, warning=warning)
    chart = draw(series, id="diagram", says=warning_words(warning, "improved"), download="/")
    return render_to_string("initiatives/components/chart.html", {"chart": chart})
