"""The REST API under /api/v1: HTTP in, HTTP out. It shows and passes on; every rule of the subject lies below."""
