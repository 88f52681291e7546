"""Pages for people: HTTP in, HTTP out. They show what others have decided and hold no rule of the domain."""
