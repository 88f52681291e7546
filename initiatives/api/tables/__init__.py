"""Answers as tables: what the API tells as JSON, flat, as CSV and as Parquet."""

from initiatives.api.tables.answers import Answer, encode
from initiatives.api.tables.columns import Column, Kind, Table
from initiatives.api.tables.samples import csv_of

__all__ = ["Answer", "Column", "Kind", "Table", "csv_of", "encode"]
