"""What the web server loads: the WSGI application, and beside it the watchman. Tests and commands load neither."""

import gc

from config.wsgi import application
from kommun.watchman import keep_watch

__all__ = ["application"]

keep_watch()
gc.freeze()  # what is loaded by now stays: no call needs to wait while it is looked through for garbage
