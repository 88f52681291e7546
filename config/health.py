"""Whether the web process on this machine answers: asked by `make run`, and by the container engine.

It asks about web and database alone: starting the web anew does not mend a clock that stands still.
"""

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException


def is_healthy(port: int) -> bool:
    """Asks as localhost, which the settings always allow, and past any proxy that the environment names."""
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/web", headers={"Host": "localhost"})
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("PORT") or "8000")) else 1)
