"""Reads employees, their employments and who manages what from the master data's file."""

from kommun.imports.command import ImportCommand
from kommun.imports.employees import import_employees


class Command(ImportCommand):
    help = (
        "Reads employees from a CSV or JSON file: good rows go in, who is missing is ended, each refused row is named."
    )
    importer = staticmethod(import_employees)
