"""Running the product on one machine: PostgreSQL and Redis from wheels, and all its processes under one supervisor.

Nothing here is used in production, where the servers are somebody else's and the processes are the container engine's.
"""
