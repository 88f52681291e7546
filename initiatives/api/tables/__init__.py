"""Answers as tables: what the API tells as JSON, flat, as CSV and as Parquet."""

from initiatives.api.tables.answers import encode
from initiatives.api.tables.columns import Column, Kind, Table

__all__ = ["Column", "Kind", "Table", "encode"]
