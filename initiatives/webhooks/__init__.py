"""Tells other systems what has changed, at an address of theirs: signed, in order, again and again until it arrives.

A change becomes a row for each webhook first and is then sent, in the same way as letters. It knows no HTTP that comes
in; who asks for a webhook comes through the API.
"""
