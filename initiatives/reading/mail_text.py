"""The words of a letter: its text, whatever it is wrapped in, and what the person wrote above what they answer."""

import html
import re
from collections.abc import Iterable, Iterator
from email.errors import MessageError
from email.message import EmailMessage, Message
from typing import Final

from mailparser_reply.parser import EmailMessage as Conversation

# What the standard library raises for what strangers write.
FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MessageError,
    RecursionError,
    TypeError,
    ValueError,
)
LONGEST: Final = 20_000  # characters of a letter that are looked at
MOST_QUOTED: Final = 9  # letters within each other
LONGEST_HTML: Final = 300_000  # Outlook puts a hundred thousand of style sheet first
LONGEST_LINE: Final = 300  # for the library, whose time goes with the cube of it
_CHARSET: Final = re.compile(r"utf-?(?:8|16|16le|16be)|us-ascii|iso-8859-\d{1,2}|windows-125\d|macintosh|koi8-r")
_AS_IN_BROWSERS: Final = {"iso-8859-1": "windows-1252", "us-ascii": "windows-1252"}  # which hold what those lack
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u200b-\u200f\ufeff]")

_PIECE: Final = re.compile(r"<!--|-->|<[^<>]+>|[^<-]+|.", re.DOTALL)
_BLOCKS: Final = frozenset(
    {"p", "div", "li", "tr", "table", "ul", "ol", "hr", "pre", "blockquote"} | {f"h{size}" for size in range(1, 7)}
)
_UNSEEN: Final = frozenset({"style", "script", "head", "title"})

# Where the answered letter begins, beside what the library knows.
_QUOTE_BEGINS: Final = re.compile(
    r"^(?:[-_]{2,} ?(?:ursprungligt meddelande|vidarebefordrat meddelande|original message) ?[-_]{2,}|_{20,})$"
    r"|^[ \t]*(?:den|on)\b[^\n]{5,200}\n?[^\n]{0,200}\b(?:skrev|wrote):$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNATURE: Final = re.compile(
    r"--"
    r"|(?:skickat|skickades|sänt|sent) (?:från|via|med|from|by) .{0,12}?"
    r"(?:min|mitt|my|outlook|iphone|ipad|android|samsung|mobil|proton|gmail|yahoo)\b.{0,80}"
    r"|(?:hämta|skaffa|get) outlook\b.{0,80}"
    r"|(?:(?:med|with)\s)?(?:(?:vänlig|bäst|varm|hjärtlig|solig|glad|många|kind|best|warm)\w*\s)*"
    r"(?:hälsning(?:ar|en)?|hälsn|regards|wishes)\b[,.!]?(?:\s\S+){0,3}"
    r"|m\.?v\.?h\b.{0,40}|v\.h\.?|/{1,2} ?[^\W\d_]\S*(?: [^\W\d_]\S*)?",
    re.IGNORECASE,
)
_PICTURE: Final = re.compile(r"\[(?:cid:|image:|bild:)[^\]\n]*\]", re.IGNORECASE)


def clean(text: str) -> str:
    """Without signs that no database keeps and nobody sees."""
    return _UNPRINTABLE.sub("", text)


def text_of_message(message: EmailMessage) -> str:
    """The plain text, or the HTML as text; "" when there is neither. Attachments are not looked at."""
    for wanted, read in (("text/plain", lambda text: text), ("text/html", text_of_html)):
        for part in _leaves(message):
            if part.get_content_type() == wanted and (text := read(_decoded(part)).strip()):
                return clean(text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    return ""


def written_in(text: str) -> str:
    """What the person wrote: above the letter that they answer, else below its quotation; without their signature."""
    text, long_lines = _with_short_lines(re.sub(r"\n\s*\n\s*\n+", "\n\n", text))
    found = _QUOTE_BEGINS.search(text)
    above = _above_the_quote(text[: found.start()] if found else text)
    lines = above.split("\n") if above else _below_the_quote(text)
    written = "\n".join(_without_signature(_PICTURE.sub("", line).rstrip() for line in lines)).strip()
    return re.sub("\x02(\\d+)\x03", lambda match: long_lines[int(match[1])], written)


def text_of_html(source: str) -> str:
    """The text of an HTML page, a line for each block; what is quoted begins with >. It takes time by its length."""
    lines, quoted, unseen, is_comment = [""], 0, "", False
    for piece in _PIECE.findall(source[:LONGEST_HTML]):
        if is_comment or piece in ("<!--", "-->"):
            is_comment = piece == "<!--" or (is_comment and not piece.endswith("-->"))
            continue
        if not (piece.startswith("<") and len(piece) > 1):
            if not unseen:
                lines[-1] += re.sub(r"[ \t\r\n]+", " ", html.unescape(piece))
            continue
        is_end, name = piece.startswith("</"), re.split(r"[\s/>]", piece.lstrip("</"), maxsplit=1)[0].lower()
        if unseen or name in _UNSEEN:
            unseen = "" if is_end and name == unseen else unseen or ("" if is_end else name)
            continue
        if name == "br" or (name in _BLOCKS and lines[-1].strip(" >")):
            lines.append("> " * quoted)
        if name == "blockquote":
            quoted = min(max(0, quoted + (-1 if is_end else 1)), MOST_QUOTED)
            lines[-1] = "> " * quoted
    return "\n".join(line.strip() for line in lines)


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that are shown, in order; not those of a letter that lies inside this one."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        payload = part.get_payload() if part.is_multipart() else None  # else it would look up whatever charset is named
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += [each for each in reversed(payload) if isinstance(each, Message)]
        elif part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            yield part


def _decoded(part: Message) -> str:
    """In the charset that it claims, if that is one of text; else in the one that it looks like."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = str(part.get_content_charset("") or "").lower()
    if charset in ("", "us-ascii", "utf-8", "utf8") or not _CHARSET.fullmatch(charset):
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            return payload.decode("windows-1252", "replace")
    try:
        return payload.decode(_AS_IN_BROWSERS.get(charset, charset), "replace")
    except LookupError:  # such as iso-8859-99
        return payload.decode("windows-1252", "replace")


def _with_short_lines(text: str) -> tuple[str, list[str]]:
    """A long line is a paragraph and begins no quotation; a sign stands for it meanwhile."""
    kept: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x02{len(kept) - 1}\x03"

    return re.sub(rf"[^\n]{{{LONGEST_LINE},}}", put_away, text), kept


def _above_the_quote(text: str) -> str:
    read = Conversation(text=text, languages=["sv", "en"], keep_hyphen_lists=True).read()
    first = read.replies[0]
    if first.headers:
        return ""
    return "\n".join(line for line in first.content.split("\n") if not line.startswith(">")).strip()


def _below_the_quote(text: str) -> list[str]:
    """For those who answer below: what follows the last quoted line. Without quoted lines there is no telling."""
    lines = text.split("\n")
    quoted = [number for number, line in enumerate(lines) if line.lstrip().startswith(">")]
    return lines[quoted[-1] + 1 :] if quoted else []


def _without_signature(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _SIGNATURE.fullmatch(line.strip()):
            return
        yield line
