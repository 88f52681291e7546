"""How the reader says no: with a sentence about a cell, a row or the whole file."""


class Unreadable(Exception):
    """`str(error)` is a sentence, in the active language, that says what is wrong and what to do about it."""
