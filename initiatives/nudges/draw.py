"""Who is left without a reminder: a draw by a secret key for each initiative and step. Stable, and not guessable.

SHA256(key + SHA256(key + text)), the nested construction: knowing one draw tells nothing about another.
"""

import hashlib
from typing import Final

SCALE: Final = 2**32
# The same as `draw`, in SQL: the arguments are the key twice and the rule, as parameters.
SQL: Final = (
    "('x' || left(encode(sha256(%s::bytea || sha256(%s::bytea || convert_to("
    "%s || ':' || {initiative}::text || ':' || {step}::text, 'UTF8'))), 'hex'), 8))::bit(32)::bigint"
)


def draw(key: str, rule: str, initiative: str, step: int) -> int:
    """From 0 up to, not with, SCALE; below share × SCALE is held out. `initiative` is its public id, with dashes."""
    inner = hashlib.sha256(bytes.fromhex(key) + f"{rule}:{initiative}:{step}".encode()).digest()
    return int.from_bytes(hashlib.sha256(bytes.fromhex(key) + inner).digest()[:4], "big")
