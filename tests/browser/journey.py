"""What three persons do with their hands, in the words they read on the pages."""

import datetime as dt
from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page

Look = Callable[[Page], None]
WEEK = dt.timedelta(days=7)
IDEA = "Ring sökanden samma dag"


def today() -> dt.date:
    return timezone.localdate()


def sign_in(page: Page, name: str, look: Look) -> None:
    """One click, from the front door."""
    page.goto("/")
    look(page)
    page.get_by_role("button", name=name).click()
    page.get_by_role("heading", name=f"Hej {name.split()[0]}!").wait_for()
    look(page)


def register(page: Page, look: Look) -> None:
    """The four questions, then what is still missing, on one page; sent for decision."""
    page.get_by_role("link", name="Nytt", exact=False).first.click()
    page.get_by_label("Din idé i en mening").fill(IDEA)
    page.get_by_label("Vad blir bättre, och för vem?").fill("Den som söker vet genast vad som händer.")
    page.get_by_label("Det går fortare").check()
    look(page)
    page.get_by_role("button", name="Skicka till Johan Ek för beslut").click()
    page.get_by_role("heading", name="kvar innan du kan skicka").wait_for()
    look(page)
    complete(page)
    look(page)
    page.get_by_role("button", name="Skicka till Johan Ek för beslut").click()
    page.get_by_text("Väntar på beslut").first.wait_for()
    look(page)


def complete(page: Page) -> None:
    page.get_by_label("Vad gör du åt det?").fill("Jag ringer upp alla som söker.")
    page.get_by_label("Det första du gör").fill("Ring alla på en tisdag")
    page.get_by_label("När?", exact=True).fill((today() + WEEK).isoformat())
    page.get_by_label("Vad mäter du?").fill("Dagar till första svar")
    page.get_by_label("Vad räknas det i?").fill("dagar")
    page.get_by_label("Lägre är bättre").check()
    page.get_by_label("Värdet du vill nå").fill("2,5")
    page.get_by_label("När ska det vara nått?").fill((today() + 20 * WEEK).isoformat())
    page.get_by_label("Hur ofta mäter du?").select_option(label="Varje vecka")
    page.get_by_label("När finns fem värden från tiden före ändringen?").fill((today() + 2 * WEEK).isoformat())
    page.get_by_label("Vad kostar det, i kronor?").fill("0")
    for question, answer in (
        ("Behandlas personuppgifter på ett nytt sätt?", "Nej"),
        ("Kan du gå tillbaka till hur det var?", "Ja"),
        ("Rör det säkerhet eller något som lagen kräver?", "Nej"),
    ):
        page.get_by_role("group", name=question).get_by_label(answer).check()


def say_yes(page: Page, look: Look) -> None:
    page.get_by_role("link", name="Beslut").first.click()
    page.get_by_role("heading", name="Ett initiativ väntar på ditt beslut").wait_for()
    page.get_by_label("En hälsning, om du vill").fill("Kör!")
    look(page)
    page.get_by_role("button", name="Ja, testa").click()
    page.get_by_text("Du sa ja.").wait_for()
    look(page)


def open_initiative(page: Page) -> None:
    page.goto("/initiativ/")
    page.get_by_role("link", name=IDEA).click()
    page.get_by_role("heading", name=IDEA).wait_for()


def enter_values(page: Page, numbers: list[str], first: dt.date, look: Look) -> None:
    """One a week, each saved before the next."""
    open_initiative(page)
    page.get_by_role("link", name="Skriv in ett värde").click()
    page.get_by_label("Vilken period?").wait_for()
    look(page)
    for index, number in enumerate(numbers):
        page.get_by_label("Dagar till första svar").fill(number)
        page.get_by_label("Vilken period?").fill((first + index * WEEK).isoformat())
        page.get_by_role("button", name="Spara och skriv in fler").click()
        page.get_by_text("Sparat för vecka").wait_for()
    look(page)


def put_the_change_in_place(page: Page, look: Look) -> None:
    open_initiative(page)
    page.get_by_role("link", name="Ändringen är på plats").first.click()
    page.get_by_label("När var ändringen på plats?").fill(today().isoformat())
    look(page)
    page.get_by_role("button", name="Ändringen är på plats").click()
    page.get_by_text("Uppföljningen har börjat.").wait_for()
    look(page)


def conclude(page: Page, lesson: str, look: Look) -> None:
    open_initiative(page)
    look(page)
    page.get_by_role("link", name="Avsluta").first.click()
    page.get_by_label("Vad har ni lärt er?").fill(lesson)
    look(page)
    page.get_by_role("button", name="Avsluta").click()
    page.get_by_text("Det är avslutat.").wait_for()
    look(page)
