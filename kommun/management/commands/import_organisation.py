"""Reads the organisation tree from the master data's file."""

from kommun.imports.command import ImportCommand
from kommun.imports.units import import_organisation


class Command(ImportCommand):
    help = "Reads units from a CSV or JSON file: good rows go in, who is missing is ended, each refused row is named."
    importer = staticmethod(import_organisation)
