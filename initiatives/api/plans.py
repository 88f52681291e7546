"""A query that is built once and run many times: its SQL is kept, and only the values it is given differ.

Building a query of forty columns costs more time than running it. What differs between two calls is named by `Given`,
in place of a value; everything else becomes a part of the text, so that PostgreSQL can match it with partial indexes.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from django.db import connection
from django.db.models import BooleanField, DateTimeField, DecimalField, F, Field, Func, JSONField, TextField
from django.db.models.expressions import Combinable, Expression
from django.db.models.query import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg import ClientCursor

_MARK: Final = "\ufdd0"  # a sign that no text holds; it stands for the per cent sign of a named parameter


class Given(Expression):
    """The value that a call gives under `name`."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        kind = self.output_field.db_type(connection)
        return f"{_MARK}({self.name})s::{kind}", []


class Unseen(Given):
    """One that PostgreSQL does not look at when it plans: it sees that one plan serves all values, and keeps that plan.

    For values that make no difference to the best way, such as where in the tree or in the list a reader is.
    """

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        sql, given = super().as_sql(compiler, connection)
        return f"(SELECT {sql})", given


class IsAnyOf(Func):
    """The condition that a column has any of a list of values, which a call gives."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str | Combinable, values: Combinable) -> None:
        super().__init__(F(column) if isinstance(column, str) else column, values)


class Shown(Func):
    """A value as it stands in JSON: a moment in UTC with Z, a decimal without needless zeros, others as they are."""

    def as_sql(self, compiler: SQLCompiler, connection: Any, *names: Any, **extra: Any) -> Any:
        [value] = self.get_source_expressions()
        sql, given = compiler.compile(value)
        kind = value.output_field
        if isinstance(kind, DateTimeField):
            return f"to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", given
        if isinstance(kind, DecimalField):
            return f"trim_scale({sql})", given
        return sql, given

    @property
    def output_field(self) -> Any:
        return self.get_source_expressions()[0].output_field


class JsonObject(Func):
    """An object of JSON with these members, in their order."""

    function = "json_build_object"
    output_field = JSONField()

    def __init__(self, members: Mapping[str, Combinable]) -> None:
        self.names = list(members)
        super().__init__(*members.values())

    def as_sql(self, compiler: SQLCompiler, connection: Any, *names: Any, **extra: Any) -> Any:
        parts: list[str] = []
        given: list[Any] = []
        for name, value in zip(self.names, self.get_source_expressions(), strict=True):
            sql, values = compiler.compile(value)
            parts.append(f"'{name}', {sql}")
            given += values
        return f"json_build_object({', '.join(parts)})", given


class AsText(Func):
    """What JSON is as text, so that nobody on the way takes it apart again."""

    template = "(%(expressions)s)::text"
    output_field = TextField()


def text_of(rows: "QuerySet[Any, Any]") -> str:
    """The SQL of `rows` with a named parameter for each `Given` in it, and no other."""
    sql, given = cast(Any, rows.query).sql_with_params()
    connection.ensure_connection()
    written = ClientCursor(connection.connection).mogrify(sql, given)
    return written.replace("%", "%%").replace(_MARK, "%")
