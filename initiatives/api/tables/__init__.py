"""Answers as tables: what the API tells as JSON, flat, as CSV and as Parquet."""

from initiatives.api.tables.answers import Answer, File, encode, encode_lines, is_part
from initiatives.api.tables.columns import Column, Kind, Table
from initiatives.api.tables.lines import lines_sql
from initiatives.api.tables.samples import csv_of

__all__ = ["Answer", "Column", "File", "Kind", "Table", "csv_of", "encode", "encode_lines", "is_part", "lines_sql"]
