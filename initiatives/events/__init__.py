"""Writing down what happened, and telling others what has changed, in an order that has no gap."""

from initiatives.events.recording import record

__all__ = ["record"]
