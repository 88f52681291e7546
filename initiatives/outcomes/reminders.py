"""What each reminder does: who acted within a week, reminded against left without by the draw.

An occasion is an initiative in a step, and the first nudge of it: whoever is left without is so for the whole step, and
what comes later hangs on what was done before. Reminded means due and not left without, whether a letter was read or
not, since only the draw makes the two sides alike.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from initiatives.evidence.reminders import Difference, newcombe
from initiatives.models import MAY_BE_HELD_OUT, RuleName

ACTS_WITHIN: Final = dt.timedelta(days=7)
A_YEAR: Final = dt.timedelta(days=365)

# Compared is only what was drawn with one and the same share: not what is older than the latest change of the share,
# nor a unit that has ever had a share of its own, nor whoever stands in for an owner who has left, nor times when
# nobody was left without, which differ from others in more than the reminder. All of it follows from settings and
# draws, not from what people did, so that it tilts nothing.
EFFECTS: Final = """
WITH occasion AS (
    SELECT DISTINCT ON (rule, initiative_id, step) rule, initiative_id, to_id, created_at, is_held_out,
        coalesce(acted_at < created_at + %(within)s, false) AS acted
    FROM initiatives_nudge
    ORDER BY rule, initiative_id, step, created_at
), share AS (
    SELECT rule, max(at) AS set_at FROM (
        SELECT rule, at,
            holdout_share IS DISTINCT FROM lag(holdout_share) OVER (PARTITION BY rule ORDER BY id) AS is_new
        FROM initiatives_nudgesetting WHERE unit_id IS NULL
    ) AS setting WHERE is_new GROUP BY rule
), apart AS (
    SELECT DISTINCT setting.rule, initiative.id AS initiative_id, true AS is_apart
    FROM initiatives_nudgesetting AS setting
    JOIN kommun_unit AS unit ON unit.path @> ARRAY[setting.unit_id]
    JOIN initiatives_initiative AS initiative ON initiative.unit_id = unit.id
    WHERE setting.holdout_share IS NOT NULL
), comparable AS (
    SELECT occasion.*, is_apart IS NULL AND occasion.created_at >= coalesce(set_at, '-infinity')
        AND coalesce(initiative.owner_id = occasion.to_id, true) AS is_alike
    FROM occasion LEFT JOIN share USING (rule) LEFT JOIN apart USING (rule, initiative_id)
    LEFT JOIN initiatives_initiative AS initiative ON initiative.id = occasion.initiative_id
    WHERE occasion.created_at BETWEEN %(since)s AND %(until)s
), counted AS (
    SELECT *, is_alike
        AND created_at BETWEEN min(created_at) FILTER (WHERE is_alike AND is_held_out) OVER (PARTITION BY rule)
            AND max(created_at) FILTER (WHERE is_alike AND is_held_out) OVER (PARTITION BY rule)
        AND bool_or(is_alike AND is_held_out) OVER (PARTITION BY rule, date_trunc('month', created_at, %(zone)s))
        AS is_drawn
    FROM comparable
)
SELECT rule,
    count(*) FILTER (WHERE NOT is_held_out),
    count(*) FILTER (WHERE NOT is_held_out AND acted),
    count(*) FILTER (WHERE is_drawn AND NOT is_held_out),
    count(*) FILTER (WHERE is_drawn AND NOT is_held_out AND acted),
    count(*) FILTER (WHERE is_drawn AND is_held_out),
    count(*) FILTER (WHERE is_drawn AND is_held_out AND acted)
FROM counted GROUP BY rule
"""


@dataclass(frozen=True)
class ReminderEffect:
    """Of one rule, in occasions whose week has passed: `told` are all who were reminded, the rest those compared."""

    rule: str
    told: int
    acted_told: int
    nudged: int
    acted_nudged: int
    held_out: int
    acted_held_out: int

    @cached_property
    def difference(self) -> Difference | None:
        """None where nobody is left without, by right or by choice, or where there is nobody yet on a side."""
        if self.rule not in MAY_BE_HELD_OUT or not self.nudged or not self.held_out:
            return None
        return newcombe(self.acted_nudged, self.nudged, self.acted_held_out, self.held_out)


def effects(*, now: dt.datetime, window: dt.timedelta | None = A_YEAR) -> list[ReminderEffect]:
    """Of each rule that has occasions which began within `window` (None: ever) and whose week has passed by `now`.

    In the order of the rules. One statement.
    """
    since = dt.datetime(1, 1, 2, tzinfo=dt.UTC) if window is None else now - window
    zone = timezone.get_default_timezone_name()
    given: dict[str, Any] = {"within": ACTS_WITHIN, "since": since, "until": now - ACTS_WITHIN, "zone": zone}
    with connection.cursor() as cursor:
        cursor.execute(EFFECTS, given)
        found = {row[0]: ReminderEffect(*row) for row in cursor.fetchall()}
    return [found[rule] for rule in RuleName if rule in found]
