"""`python -m config.local.manage COMMAND …`: manage.py on what `make run` has started in this clone."""

import os
import sys

from config.local import places
from config.local.environment import base_environment
from config.local.postgres import Postgres
from config.local.redis import Redis


def main() -> None:
    env = base_environment()
    env["DATABASE_URL"] = env.get("DATABASE_URL") or _running_postgres()
    env["REDIS_URL"] = env.get("REDIS_URL") or Redis().url
    os.chdir(places.BASE_DIR)
    os.execve(sys.executable, [sys.executable, "manage.py", *sys.argv[1:]], env)


def _running_postgres() -> str:
    postgres = Postgres("run")
    if not any(postgres.sockets.glob(".s.PGSQL.*")):
        sys.exit("PostgreSQL is not up here. Start everything with: make run")
    return postgres.url


if __name__ == "__main__":
    main()
