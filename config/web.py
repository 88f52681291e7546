"""What the web server loads: the WSGI application, and beside it the watchman. Tests and commands load neither."""

from config.wsgi import application
from kommun.watchman import keep_watch

__all__ = ["application"]

keep_watch()
