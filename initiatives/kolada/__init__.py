"""Reading Kolada's yearly figures of a municipality over HTTP.

It knows Kolada's API, version 3, and nothing of initiatives, outcomes or the database.
"""

from initiatives.kolada.answers import Page, YearlyValue, read_page
from initiatives.kolada.client import LONGEST_LIST, Client
from initiatives.kolada.faults import KoladaFault
from initiatives.kolada.waiting import Pace, seconds_asked_for

__all__ = ["LONGEST_LIST", "Client", "KoladaFault", "Pace", "Page", "YearlyValue", "read_page", "seconds_asked_for"]
