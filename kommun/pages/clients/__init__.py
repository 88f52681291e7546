"""Klienter: the systems that call the API, for administrators of the whole municipality."""
