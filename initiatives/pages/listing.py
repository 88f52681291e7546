"""The list of everybody's initiatives: words and filters in the address, fifty rows a page, fast with 100,000."""

from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from initiatives.forms.filters import FilterForm
from initiatives.models import Initiative
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.pages.keyset import Key, Rows, page
from initiatives.pages.rows import context, row, with_what_rows_show
from initiatives.pages.visit import visit
from initiatives.workflow import State
from kommun.components import EmptyState, Pager
from kommun.numbers import number

ON_A_PAGE: Final = 50
COUNTED: Final = 1_000  # above this nobody reads the exact number, and counting it would cost more than the page
AFTER: Final = "efter"
BEFORE: Final = "fore"


@require_safe
def initiatives(request: HttpRequest) -> HttpResponse:
    visitor = visit(request)
    form = FilterForm(request.GET, person=visitor.person, today=visitor.today)
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).exclude(state=State.DRAFT)
    found = form.narrow(seen)
    after, before = (Key.read(request.GET.get(name, "")) for name in (AFTER, BEFORE))
    rows = page(with_what_rows_show(found), ON_A_PAGE, after=after, before=before)
    answer = {
        "form": form,
        "ignored": [*form.ignored, *_broken(request.GET, after, before)],
        "count": _count(found),
        "rows": [row(each, today=visitor.today, context=context(each)) for each in rows.rows],
        "pager": _pager(request, rows),
        "empty": _empty(form),
    }
    return render(request, "initiatives/list.html", answer)


def _count(found: InitiativeQuerySet) -> str:
    count = len(found.order_by().values_list("pk")[: COUNTED + 1])
    if count > COUNTED:
        return _("More than %(count)s initiatives, the latest change first") % {"count": number(COUNTED)}
    if not count:
        return _("No matches")
    words = ngettext("%(count)s initiative", "%(count)s initiatives, the latest change first", count)
    return words % {"count": number(count)}


def _pager(request: HttpRequest, rows: Rows) -> Pager:
    first, last = (Key.of(rows.rows[0]), Key.of(rows.rows[-1])) if rows.rows else (None, None)
    return Pager(
        previous_url=_address(request.GET, BEFORE, first) if rows.has_newer and first else "",
        next_url=_address(request.GET, AFTER, last) if rows.has_older and last else "",
    )


def _address(asked: QueryDict, name: str, key: Key) -> str:
    """The same filters from another row."""
    same = [(each, value) for each, values in asked.lists() for value in values if each not in (AFTER, BEFORE)]
    address = QueryDict(mutable=True)
    for each, value in [*same, (name, str(key))]:
        address.appendlist(each, value)
    return f"?{address.urlencode()}"


def _broken(asked: QueryDict, *keys: Key | None) -> list[str]:
    if any(asked.get(name) for name in (AFTER, BEFORE)) and not any(keys):
        return [_("The page in the address does not exist, so this is the first one.")]
    return []


def _empty(form: FilterForm) -> EmptyState:
    if form.is_narrowed:
        return EmptyState(
            _("Nothing matches"),
            _("Try fewer words or filters. Parts of words and small misspellings are found too."),
            "sok",
            "/initiativ/",
            _("Show all"),
        )
    return EmptyState(_("No initiatives yet"), _("Be the first."), "lampa", "/initiativ/nytt/", _("New initiative"))
