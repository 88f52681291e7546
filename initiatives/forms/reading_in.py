"""Many values at once: the table that they are read from, and then the values themselves, to be confirmed."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from initiatives.cadence import Span
from initiatives.models import Outcome
from initiatives.reading import (
    MOST_BYTES,
    MOST_ROWS,
    ReadSeries,
    ReadValue,
    Table,
    Unreadable,
    cells_of_text,
    read_series,
    table_of_file,
    text_of,
)

LONGEST_TEXT: Final = 1_000_000
LONGEST_CARRIED: Final = 100_000  # signs of rows that are not read: each may take twelve bytes on its way
LONGEST_MENDED: Final = 200_000  # signs of a table: above that a text field is no place to mend it in
COUNT: Final = re.compile(r"[0-9]{1,5}")
VALUE: Final = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)=(-?\d{1,20}(?:\.\d{1,6})?)?")


class TableForm(forms.Form):
    """A table, pasted or in a file. A valid form has read it: `series`, and `text` as it can be mended."""

    table = forms.CharField(
        label=_("Paste from a spreadsheet"),
        help_text=_("Mark the periods and the values there, copy, and paste here. A heading helps, but is not needed."),
        required=False,
        strip=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 10, "class": "klistra", "wrap": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_("Or choose a file"),
        help_text=_("Excel (XLSX), OpenDocument (ODS) or CSV, at most 2 MB and 10,000 rows."),
        required=False,
        allow_empty_file=True,
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.ods,.csv,.tsv,.txt"}),
    )

    def __init__(self, *args: Any, outcome: Outcome, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome = outcome
        self.series = ReadSeries([], [])
        self.text = ""
        self.sheet = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        table, file = cleaned["table"], cleaned["file"]
        if not table.strip() and file is None:
            self.add_error("table", gettext("Paste the values, or choose a file."))
        elif table.strip() and file is not None:
            self.add_error(
                "file", gettext("Read either what is pasted or the file: empty the field, or choose no file.")
            )
        else:
            self._read(table, file)
        return cleaned

    def _read(self, table: str, file: UploadedFile | None) -> None:
        indicator = self.outcome.indicator
        try:
            read = Table(cells_of_text(table)) if file is None else table_of_file(file.read(MOST_BYTES + 1))
            self.text = table if file is None else "\n".join(map(text_of, read.rows))
            self.sheet = read.sheet
            self.series = read_series(
                read.rows, name=indicator.name, unit=indicator.unit_of_measure, cadence=self.outcome.cadence
            )
        except Unreadable as error:
            self.add_error("table" if file is None else "file", str(error))


class ConfirmForm(forms.Form):
    """The values that were read, as they stand in the preview. They have been with the reader, so nothing is trusted.

    `left` are rows that were not read, below their heading, so that they can be mended afterwards, and `beyond` is how
    many more there were. Nothing that stands in these can hinder the values.
    """

    values = forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_TEXT)
    left = forms.Field(widget=forms.HiddenInput, required=False)
    beyond = forms.Field(widget=forms.HiddenInput, required=False)
    source = forms.CharField(label=_("Where do the values come from?"), required=False, max_length=200)
    reason = forms.CharField(
        label=_("Why are they changed?"),
        help_text=_("One reason for all of them. The old values are kept and shown."),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.read: list[ReadValue] = []

    def clean_left(self) -> str:
        return (self.cleaned_data["left"] or "").replace("\r\n", "\n")

    def clean_beyond(self) -> int:
        count = self.cleaned_data["beyond"] or ""
        return int(count) if COUNT.fullmatch(count) else 0

    def clean(self) -> dict[str, Any]:
        """What is hidden has no place of its own to show an error at."""
        cleaned = super().clean() or {}
        try:
            self.read = unpacked(cleaned.get("values", ""))
        except ValueError as error:
            message = gettext("The values were not as they should be when they came back. Read them in again.")
            raise forms.ValidationError(message) from error
        return cleaned


def carried(heading: str, texts: Sequence[str]) -> list[str]:
    """Those of the rows for which there is room, so that what is confirmed is never too large to be sent."""
    room, fitting = LONGEST_CARRIED - len(heading), []
    for text in texts:
        if len(text) < room:
            fitting.append(text)
            room -= len(text) + 1
    return fitting


def packed(values: Sequence[ReadValue]) -> str:
    """The values as one line that `unpacked` reads."""
    return ";".join(
        f"{each.span.first}/{each.span.last}={'' if each.value is None else format(each.value, 'f')}" for each in values
    )


def unpacked(text: str) -> list[ReadValue]:
    """Raises ValueError for anything but what `packed` writes."""
    parts = text.split(";", MOST_ROWS)
    if len(parts) > MOST_ROWS:
        raise ValueError("too many values")
    return [_unpacked(number, part) for number, part in enumerate(parts, start=1)]


def _unpacked(number: int, part: str) -> ReadValue:
    found = VALUE.fullmatch(part)
    if found is None:
        raise ValueError(part)
    span = Span(dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2]))
    if span.first > span.last:
        raise ValueError(part)
    return ReadValue(number, span, Decimal(found[3]) if found[3] else None)
