"""Other systems that call the API: what administrators do with them, and what proves who they are."""
