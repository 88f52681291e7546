"""Letters as mail programs write them: who wrote it, what the person wrote, and what no person has written."""

import base64
import quopri
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.reading.mail import Mail, read_mail
from initiatives.reading.mail_origin import is_vouched_for
from initiatives.reading.mail_text import text_of_html, written_in

TOKEN = "svar+0b0dd1c16f3c4b8e9e0a6d9a4b1f2c3d.0123456789abcdef@kommun.example"
OURS = """Hej Amina!

Skriv in oktober för ”Kortare handläggning”. Förra gången var det 26 dagar.
Skriv in värdet: https://framsteg.kommun.example/initiativ/1/varde/
"""
QUOTED = "".join(f"> {line}\n" for line in OURS.splitlines())
OUTLOOK = f"""{{}}

Från: Framsteg <{TOKEN}>
Skickat: den 23 november 2026 07:30
Till: Amina Lindqvist <amina@kommun.example>
Ämne: Hur gick det i oktober?

{OURS}"""


def mail(body: str | bytes = "26", *headers: str, charset: str = "utf-8", encoding: str = "8bit") -> Mail:
    return read_mail(source(body, *headers, charset=charset, encoding=encoding))


def source(
    body: str | bytes, *headers: str, charset: str = "utf-8", encoding: str = "8bit", kind: str = "plain"
) -> bytes:
    named = {each.split(":")[0].lower() for each in headers}
    usual = (
        "Message-ID: <1@kommun.example>",
        "From: Amina Lindqvist <Amina@Kommun.example>",
        f"To: Framsteg <{TOKEN}>",
        "Subject: Sv: Hur gick det i oktober?",
        f"Content-Type: text/{kind}; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
        "MIME-Version: 1.0",
    )
    lines = [*headers, *(each for each in usual if each.split(":")[0].lower() not in named)]
    content = body.encode(charset) if isinstance(body, str) else body
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def test_a_letter_is_read_into_what_matters() -> None:
    assert mail(
        "26\r\n", "In-Reply-To: <a@b>", "References: <c@d> <a@b>", "Cc: Bo <BO@kommun.example>, x@y.example"
    ) == Mail(
        message_id="<1@kommun.example>",
        sender="amina@kommun.example",
        recipients=(TOKEN, "bo@kommun.example", "x@y.example"),
        subject="Sv: Hur gick det i oktober?",
        text="26",
        written="26",
        machine="",
        failure="",
        answers=("<a@b>", "<c@d>"),
        authentication=(),
    )


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_reply_address_is_found_wherever_servers_put_it(name: str) -> None:
    assert mail("26", "To: other@kommun.example", f"{name}: {TOKEN}").recipients[-1] == TOKEN


def test_a_letter_without_a_message_id_always_gets_the_same_one() -> None:
    first, again, other = (mail(body, "Message-ID:").message_id for body in ("26", "26", "27"))
    assert first == again != other
    assert len(first) < 998


@pytest.mark.parametrize("given", [f"<{'x' * 249}>", f"<{'x' * 2000}@y>", "<å@kommun.example>", "<1@åsmåla.example>"])
def test_a_message_id_that_is_long_or_not_ascii_is_as_if_there_were_none(given: str) -> None:
    assert mail("26", f"Message-ID: {given}").message_id.endswith("@without.message-id>")
    assert mail("26", f"Message-ID: <{'x' * 248}>").message_id == f"<{'x' * 248}>"


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("amina@kommun.example", "amina@kommun.example"),
        ('"Lindqvist, Amina" <Amina.L@Kommun.example>', "amina.l@kommun.example"),
        ("=?iso-8859-1?Q?=C5sa_=D6berg?= <asa@kommun.example>", "asa@kommun.example"),
        ('"amina@kommun.example" <evil@example.org>', "evil@example.org"),
        ("amina@kommun.example, evil@example.org", ""),
        ("amina", ""),
        ("", ""),
        ("<>", ""),
        ("((((" * 500, ""),
    ],
)
def test_the_sender_is_the_one_address_that_it_is_from(sender: str, address: str) -> None:
    assert mail("26", f"From: {sender}").sender == address


def test_of_two_senders_neither_is_believed() -> None:
    assert mail("26", "From: amina@kommun.example", "From: evil@example.org").sender == ""


# What the person wrote. Above what they answer, and without their signature.
WRITTEN = {
    "Outlook": OUTLOOK.format("26"),
    "Outlook with a line before": f"26\n\n{'_' * 32}\n{OUTLOOK.format('')}",
    "Outlook with asterisks": OUTLOOK.format("26").replace("Från:", "*Från:*").replace("Skickat:", "*Skickat:*"),
    "older Outlook": OUTLOOK.format("26\n\n-----Ursprungligt meddelande-----"),
    "Outlook in English": f"26\n\nFrom: Framsteg <{TOKEN}>\nSent: Monday, November 23, 2026 7:30 AM\nTo: Amina\n"
    f"Subject: How did October go?\n\n{OURS}",
    "Outlook for Mac": f"26\n\nFrån: Framsteg <{TOKEN}>\nDatum: måndag 23 november 2026 07:30\nTill: Amina\n{OURS}",
    "Outlook on a phone": OUTLOOK.format("26\n\nHämta Outlook för iOS<https://aka.ms/o0ukef>\n" + "_" * 32),
    "Gmail": f"26\n\nDen mån 23 nov. 2026 kl 07:30 skrev Framsteg <{TOKEN}>:\n\n{QUOTED}",
    "Gmail, broken in two": f"26\n\nDen mån 23 nov. 2026 kl 07:30 skrev Framsteg <\n{TOKEN}>:\n\n{QUOTED}",
    "newer Gmail": f"26\n\nmån 23 nov. 2026 kl. 07:30 skrev Framsteg <{TOKEN}>:\n\n{QUOTED}",
    "Gmail in English": f"26\n\nOn Mon, Nov 23, 2026 at 7:30 AM Framsteg <{TOKEN}> wrote:\n\n{QUOTED}",
    "Gmail in English, broken in two": f"26\n\nOn Mon, Nov 23, 2026 at 7:30 AM Framsteg\n<{TOKEN}> wrote:\n\n{QUOTED}",
    "Apple Mail": f"26\n\n> 23 nov. 2026 kl. 07:30 skrev Framsteg <{TOKEN}>:\n> \n{QUOTED}",
    "Apple Mail, unquoted": f"26\n\n23 nov. 2026 kl. 07:30 skrev Framsteg <{TOKEN}>:\n\n{QUOTED}",
    "iPhone": f"26\n\nSkickat från min iPhone\n\n> 23 nov. 2026 kl. 07:30 skrev Framsteg <{TOKEN}>:\n> \n{QUOTED}",
    "Samsung": f"26\n\nSkickat från min Galaxy\n\n-------- Originalmeddelande --------\nFrån: Framsteg <{TOKEN}>\n"
    f"Datum: 2026-11-23 07:30 (GMT+01:00)\nTill: Amina\nÄmne: Hur\n\n{OURS}",
    "Thunderbird": f"26\n\nDen 2026-11-23 kl. 07:30, skrev Framsteg:\n{QUOTED}",
    "Yahoo": f"26\n\n    Den måndag 23 november 2026 07:30:12 CET, Framsteg <{TOKEN}> skrev:\n\n {OURS}",
    "below": f"Den mån 23 nov. 2026 kl 07:30 skrev Framsteg <{TOKEN}>:\n\n{QUOTED}\n26\n",
    "nothing quoted": "26",
    "quoted without a word": f"26\n{QUOTED}",
    "dashes": "26\n\n-- \nAmina Lindqvist\nBygglovsenheten\n0480-12 34 56",
    "greetings": "26\n\nMed vänliga hälsningar\n\nAmina Lindqvist\nHandläggare",
    "one greeting": "26\n\nMed vänlig hälsning,\nAmina",
    "greetings and a name": "26\n\nVänliga hälsningar Amina Lindqvist\nHandläggare",
    "short": "26\nMvh Amina\nHandläggare",
    "shorter": "26\n/Amina",
    "shortest": "26\n// AL",
    "in English": "26\n\nKind regards,\nAmina",
    "a picture": "26\n\n[cid:image001.png@01DC5B.8F3A]",
    "only a picture after": "26\n\nHälsningar\nAmina\n[cid:image001.png@01DC5B.8F3A]",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_what_the_person_wrote_is_found(text: str) -> None:
    assert written_in(text) == "26"
    assert mail(text.replace("\n", "\r\n")).written == "26"


KEPT = (
    "Vi hann inte. Hälsningarna från kunderna var många fler än förra gången i år",
    "- ett\n- två\n\n- tre",
    "−3",
    "-3",
    "Den nya blanketten gör skillnad:\nden är kortare.",
    "Det gick bra.\n\n" + "Ett långt stycke som mailprogrammet har skrivit på en rad. " * 10 + "\n\nSlut.",
    "Observera: vi har ett mail om det.",
)


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_signature_or_a_quotation_is_kept(text: str) -> None:
    assert written_in(text) == text.strip()


def test_where_nothing_is_written_nothing_is_found() -> None:
    assert [written_in(text) for text in ("", "\n \n", OUTLOOK.format(""), QUOTED, "Skickat från min iPhone")] == [
        ""
    ] * 5


# Charsets and wrappings.
TEXT = "26 dagar, färre än i fjol – ”bra”"


@pytest.mark.parametrize(
    ("charset", "claimed"),
    [
        ("utf-8", "utf-8"),
        ("windows-1252", "windows-1252"),
        ("windows-1252", "iso-8859-1"),  # as Outlook does
        ("windows-1252", "us-ascii"),
        ("utf-8", "us-ascii"),
        ("utf-8", "nonsense"),
        ("windows-1252", "iso-8859-99"),
        ("utf-8", "punycode"),
        ("utf-8", "unicode_escape"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_words_are_read_in_any_charset(charset: str, claimed: str) -> None:
    encoded = base64.b64encode(TEXT.encode(charset))
    assert mail(encoded, f"Content-Type: text/plain; charset={claimed}", encoding="base64").text == TEXT


def test_a_letter_in_latin_1_is_read() -> None:
    assert mail("Väntade på svar".encode("iso-8859-1"), charset="iso-8859-1").text == "Väntade på svar"


def test_quoted_printable_is_read() -> None:
    assert mail(quopri.encodestring(TEXT.encode()), encoding="quoted-printable").text == TEXT


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "nonsense"])
def test_a_broken_encoding_is_no_error(encoding: str) -> None:
    assert isinstance(mail(b"=Z\xff 26 =", encoding=encoding).text, str)


HTML = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm} --></style>
<title>Sv</title></head><body lang="SV"><!--[if gte mso 9]><xml>nej</xml><![endif]--><div class="WordSection1">
<p class="MsoNormal">26&nbsp;dagar<o:p></o:p></p><p class="MsoNormal">B&auml;ttre &lt; 30<o:p>&nbsp;</o:p></p>
<div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>Från:</b> Framsteg &lt;svar@a.example&gt;<br>
<b>Skickat:</b> den 23 november 2026 07:30<br><b>Till:</b> Amina<br><b>Ämne:</b> Hur gick det?</p></div>
<p class="MsoNormal">Hej Amina!</p></div></body></html>"""
GMAIL = """<div dir="ltr">26</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Den mån 23 nov. 2026 kl
 07:30 skrev Framsteg &lt;<a href="mailto:svar@a.example">svar@a.example</a>&gt;:<br></div><blockquote>Hej!<br>
Skriv</blockquote></div>"""
APPLE = """<html><body>26<br><br><div dir="ltr">Skickat från min iPhone</div><div dir="ltr"><br>
<blockquote type="cite">23 nov. 2026 kl. 07:30 skrev Framsteg &lt;svar@a.example&gt;:<br><br></blockquote></div>
<blockquote type="cite"><div>Hej</div></blockquote></body></html>"""


@pytest.mark.parametrize(
    ("html", "written"),
    [(HTML, "26\xa0dagar\nBättre < 30"), (GMAIL, "26"), (APPLE, "26")],
    ids=["Outlook", "Gmail", "Apple"],
)
def test_html_alone_is_read_as_text(html: str, written: str) -> None:
    assert read_mail(source(html, kind="html")).written == written


def test_each_block_of_html_is_a_line() -> None:
    found = text_of_html(
        "<p>a b\n c</p><div><br></div><ul><li>d<li>e</ul>f<br/>g<script>x<y</script><blockquote>h<br>i</blockquote>j"
    )
    assert found == "a b c\n\nd\ne\nf\ng\n> h\n> i\nj"


def part(content: str, kind: str = "text/plain; charset=utf-8", *more: str) -> str:
    return "\r\n".join([f"Content-Type: {kind}", *more, "", content])


def several(*parts: str, kind: str = "mixed", boundary: str = "b") -> str:
    inside = "".join(f"--{boundary}\r\n{each}\r\n" for each in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n{inside}--{boundary}--\r\n"


def headed(content: str) -> bytes:
    return f"From: amina@kommun.example\r\nTo: {TOKEN}\r\nSubject: Sv: Hur\r\nMIME-Version: 1.0\r\n{content}".encode()


def test_plain_text_is_preferred_and_attachments_are_not_read() -> None:
    both = several(part("<p>html</p>", "text/html; charset=utf-8"), part("text"), kind="alternative", boundary="inner")
    attached = part("bilaga", "text/plain; charset=utf-8", "Content-Disposition: attachment; filename=a.txt")
    picture = part("AAAA", "image/png", "Content-Transfer-Encoding: base64")
    assert read_mail(headed(several(attached, picture, both))).text == "text"


def test_an_empty_plain_text_gives_way_to_html() -> None:
    both = several(part(" \r\n"), part("<p>26</p>", "text/html; charset=utf-8"), kind="alternative")
    assert read_mail(headed(both)).text == "26"


def test_a_letter_inside_the_letter_is_not_what_was_written() -> None:
    assert read_mail(headed(several(part(headed(part("27")).decode(), "message/rfc822"), part("26")))).text == "26"


# What no person has written.
MACHINES = {
    "Auto-Submitted: auto-replied": "Auto-Submitted: auto-replied",
    "auto-submitted: Auto-Generated; type=x": "Auto-Submitted: auto-generated",
    "Precedence: bulk": "Precedence: bulk",
    "Precedence: Junk": "Precedence: junk",
    "Precedence: list": "Precedence: list",
    "Precedence: auto_reply": "Precedence: auto_reply",
    "List-Id: <alla.kommun.example>": "List-Id",
    "X-Autoreply: yes": "X-Autoreply",
    "X-Autorespond: Semester": "X-Autorespond",
    "Return-Path: <>": "Return-Path: <>",
    "From: MAILER-DAEMON@kommun.example": "From: mailer-daemon",
    "From: Mail Delivery <postmaster@kommun.example>": "From: postmaster",
    "From: noreply@kommun.example": "From: noreply",
    "Content-Type: multipart/report; boundary=b": "multipart/report",
} | dict.fromkeys(
    (
        "Subject: Autosvar: Hur gick det i oktober?",
        "Subject: Automatiskt svar: Hur gick det i oktober?",
        "Subject: Automatiskt svar",
        "Subject: =?utf-8?Q?Fr=C3=A5nvaro:_Hur_gick_det=3F?=",
        "Subject: Frånvaromeddelande",
        "Subject: Automatic reply: How did October go?",
        "Subject: Out of Office: How did October go?",
        "Subject: Out of the office Re: How",
        "Subject: Auto-reply: How",
        "Subject: Sv: Automatiskt svar: Hur",
        "Subject: Ej på plats",
    ),
    "Subject says that nobody is there",
)


@pytest.mark.parametrize(("line", "why"), MACHINES.items(), ids=MACHINES.keys())
def test_a_machine_is_known_by(line: str, why: str) -> None:
    assert mail("Jag är på semester", line).machine == why


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: no",
        "X-Auto-Response-Suppress: All",  # asks others to be silent, as our own letters do
        "Precedence: normal",
        "Return-Path: <amina@kommun.example>",
        "Subject: Sv: Frånvaron minskar. Hur gick det i oktober?",
        "Subject: Re: Automatiska svar i telefonväxeln",
        "Subject:",
        "From: Noreply Nilsson <nils@kommun.example>",
    ],
)
def test_a_person_is_not_taken_for_a_machine(line: str) -> None:
    assert mail("26", line).machine == ""


def bounce(action: str = "failed", status: str = "5.1.1") -> bytes:
    human = part("Din post kunde inte levereras.")
    machine = part(
        f"Reporting-MTA: dns; mx.kommun.example\r\n\r\nFinal-Recipient: rfc822; amina@kommun.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown",
        "message/delivery-status",
    )
    ours = part(
        "Message-ID: <0b0dd1c1-6f3c-4b8e-9e0a-6d9a4b1f2c3d@framsteg.example>\r\nSubject: Hur", "text/rfc822-headers"
    )
    report = several(human, machine, ours, kind="report; report-type=delivery-status")
    return b"Message-ID: <bounce@mx>\r\nReturn-Path: <>\r\n" + headed(report)


def test_a_report_of_a_failed_delivery_says_of_which_letter_and_why() -> None:
    report = read_mail(bounce())
    assert report.failure == "5.1.1 smtp; 550 5.1.1 user unknown"
    assert report.answers == ("<0b0dd1c1-6f3c-4b8e-9e0a-6d9a4b1f2c3d@framsteg.example>",)
    assert report.machine == "Return-Path: <>"


def test_a_delay_is_no_failure() -> None:
    assert [
        read_mail(bounce(*each)).failure for each in (("delayed", "4.4.7"), ("failed", "4.4.7"), ("relayed", "2.0.0"))
    ] == [""] * 3


# Who vouches for the sender.
MX = "mx.kommun.example"
PASSES = (
    f"{MX}; dmarc=pass header.from=kommun.example",
    f"{MX} 1; spf=none smtp.mailfrom=x.example; dkim=fail; DMARC=Pass (p=reject) header.from=Kommun.example",
    f"{MX}; spf=pass smtp.mailfrom=amina@kommun.example",
    f"{MX}; spf=pass (designates 10.0.0.1; ok) smtp.mailfrom=bounce.kommun.example",
    f"{MX}; dkim=pass header.d=kommun.example header.s=a",
    f"{MX}; dkim=fail header.d=x.example; dkim=pass header.d=kommun.example",
    "MX.KOMMUN.EXAMPLE; dmarc=pass",
)
FAILS = (
    "",
    MX,
    f"{MX}; none",
    f"{MX}; dmarc=fail header.from=kommun.example",
    f"{MX}; dmarc=fail header.from=kommun.example; dkim=pass header.d=kommun.example",
    f"{MX}; dmarc=pass header.from=evil.example",
    f"{MX}; dmarc=passed header.from=kommun.example",
    f"{MX}; dmarc=pass header.from=kommun.example; dmarc=fail header.from=kommun.example",
    f"{MX}; spf=pass smtp.mailfrom=evil.example",
    f"{MX}; spf=pass smtp.helo=kommun.example",
    f"{MX}; spf=softfail smtp.mailfrom=kommun.example",
    f"{MX}; dkim=pass header.d=evilkommun.example",
    f"{MX}; dkim=pass header.d=example",
    "mx.evil.example; dmarc=pass header.from=kommun.example",
    f"{MX}.evil.example; dmarc=pass header.from=kommun.example",
    f"{MX}; spf=fail (helo=x; dmarc=pass) smtp.mailfrom=evil.example",
    f"{MX}; spf=fail (a (b); dmarc=pass) smtp.mailfrom=evil.example",
    f'{MX}; spf=fail reason="; dmarc=pass" smtp.mailfrom=evil.example',
    f'{MX}; spf=fail reason="\\"; dmarc=pass" smtp.mailfrom=evil.example',
    f"{MX}; spf=fail (\\); dmarc=pass) smtp.mailfrom=evil.example",
    f"{MX}; dkim=pass header.d=kommun.example header.d=evil.example",
)


@pytest.mark.parametrize("result", PASSES)
def test_the_server_vouches_for(result: str) -> None:
    assert is_vouched_for("amina@kommun.example", [result], MX)


@pytest.mark.parametrize("result", FAILS)
def test_the_server_does_not_vouch_for(result: str) -> None:
    assert not is_vouched_for("amina@kommun.example", [result], MX)


def test_the_topmost_word_of_the_server_counts_and_nobody_elses() -> None:
    letter = mail(
        "26",
        "Authentication-Results: other.example; dmarc=fail header.from=kommun.example",
        f"Authentication-Results: {MX}; dmarc=fail\r\n header.from=kommun.example",
        f"Authentication-Results: {MX}; dmarc=pass header.from=kommun.example",
    )
    assert len(letter.authentication) == 3
    assert not is_vouched_for(letter.sender, letter.authentication, MX)
    assert is_vouched_for(letter.sender, letter.authentication[2:], MX)
    assert not is_vouched_for("", letter.authentication[2:], MX)


# Anything may come from outside.
NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(3000))
STRANGE = {
    "nothing": b"",
    "no header": b"\r\n\r\n26",
    "no body": b"From: amina@kommun.example",
    "zeros": bytes(5000),
    "every byte": bytes(range(256)) * 50,
    "not a header": b"hej\r\n: x\r\n\tfolded\r\n\r\n26",
    "raw bytes in headers": b"From: \xe5 <a\xff@b>\r\nSubject: \xff\xfe\r\nTo: \xc3\r\nMessage-ID: <\xff@x>\r\n\r\n26",
    "bad words": b"Subject: =?utf-8?b?////?= =?x?q?=ZZ?= =?utf-8?q?\r\nFrom: =?nonsense?q?a?= <a@b>\r\n\r\n26",
    "bad types": b"Content-Type: ;;;=\r\nContent-Transfer-Encoding: \xff\r\nContent-Disposition: \x00\r\n\r\n26",
    "no boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n26",
    "unfinished": b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n26",
    "nested": NESTED,
    "nested letters": b"Content-Type: message/rfc822\n\n" * 3000,
    "a report without parts": b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nhej",
    "a status that is none": b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
    b"Content-Type: message/delivery-status\r\n\r\n\xff\r\n--x--",
    "a long header": b"From: "
    + b"(" * 900_000
    + b"\r\nContent-Type: text/plain; "
    + b'a="b;' * 100_000
    + b"\r\n\r\n26",
    "many addresses": b"To: " + b"a@b, " * 100_000 + b"\r\n\r\n26",
    "a long line": b"\r\n\r\n" + b"Den skrev a " * 80_000,
    "many tags": b"Content-Type: text/html\r\n\r\n" + b"<blockquote>" * 80_000,
    "a torn tag": b"Content-Type: text/html\r\n\r\n<![<!--<a <p>26",
    "many blank lines": b"\r\n\r\n" + b"\n" * 900_000 + b"26",
    "a big one": b"Subject: Hej\r\n\r\n" + b"26\r\n" * 1_000_000,
}


@pytest.mark.parametrize("raw", STRANGE.values(), ids=STRANGE.keys())
def test_nothing_from_outside_is_an_error_or_takes_long(raw: bytes) -> None:
    began = time.monotonic()
    found = read_mail(raw)
    assert time.monotonic() - began < 10
    for text in (found.message_id, found.sender, found.subject, found.text, found.written, *found.recipients):
        text.encode()  # no half signs
        assert "\x00" not in text
    assert 0 < len(found.message_id) <= 998
    assert len(found.text) <= 20_000


def test_the_beginning_of_a_big_letter_is_read() -> None:
    picture = part("A" * 2_000_000, "image/png", "Content-Transfer-Encoding: base64")
    assert read_mail(headed(several(part("26"), picture))).written == "26"


LETTERS = (source("26"), source(HTML, kind="html"), bounce(), headed(several(part("26"), part(headed("27").decode()))))
DAMAGE = st.tuples(st.integers(0, 2000), st.integers(0, 9), st.binary(max_size=9))


@given(st.sampled_from(LETTERS), st.lists(DAMAGE, max_size=9))
def test_a_letter_with_any_damage_is_read(raw: bytes, damages: list[tuple[int, int, bytes]]) -> None:
    for place, length, other in damages:
        at = place % (len(raw) + 1)
        raw = raw[:at] + other + raw[at + length :]
    found = read_mail(raw)
    f"{found.message_id}{found.sender}{found.subject}{found.text}{found.written}".encode()


def test_a_letter_in_a_charset_that_cannot_be_is_read() -> None:
    raw = b'From: a@example.org\r\nContent-Type: text/plain; charset="utf\x00-8"\r\n\r\n26 \xe5r\r\n'
    assert read_mail(raw).written == "26 år"


@given(st.binary(max_size=500))
def test_any_bytes_are_a_letter(raw: bytes) -> None:
    assert read_mail(raw).message_id
