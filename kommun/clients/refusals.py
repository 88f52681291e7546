"""Why something is not done with a client, in words for the administrator who asked."""


class Refused(ValueError):
    """Nothing was changed. The sentence, in the reader's language, is about `field` where there is one."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
