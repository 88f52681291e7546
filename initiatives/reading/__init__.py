"""A series of values read out of what people have: a table pasted from a spreadsheet, a text file or a workbook.

Good rows are read, and every other row says why it is not. It never guesses where two readings are possible, stores
nothing, and knows no outcome: only the word for what is measured, and its unit.
"""

from initiatives.reading.amounts import read_amount
from initiatives.reading.cells import MOST_COLUMNS, MOST_ROWS, Table, text_of
from initiatives.reading.files import MOST_BYTES, cells_of_text, table_of_file
from initiatives.reading.periods import read_period
from initiatives.reading.refusing import Unreadable
from initiatives.reading.series import ReadSeries, ReadValue, UnreadRow, read_series

__all__ = [
    "MOST_BYTES",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "ReadSeries",
    "ReadValue",
    "Table",
    "UnreadRow",
    "Unreadable",
    "cells_of_text",
    "read_amount",
    "read_period",
    "read_series",
    "table_of_file",
    "text_of",
]
