"""The one way in which Kolada fails, whatever the reason: with a sentence for whoever watches the nightly job."""


class KoladaFault(Exception):
    """`may_pass` when the same question may be answered another time; else something in the question is to blame.

    `wait` is how many seconds Kolada asked for before the next try.
    """

    def __init__(self, sentence: str, *, may_pass: bool = False, wait: float = 0.0) -> None:
        super().__init__(sentence)
        self.may_pass = may_pass
        self.wait = wait
