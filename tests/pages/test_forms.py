"""How a field of a form is drawn: label, hint, error, input; and the summary that leads to each."""

from django import forms
from django.template.loader import render_to_string

from kommun.choices import HintedLabel
from tests.pages.markup import faults


class Idea(forms.Form):
    title = forms.CharField(label="Din idé", help_text="I en mening.", error_messages={"required": "Skriv din idé."})
    kind = forms.ChoiceField(
        label="Vad blir bättre?",
        widget=forms.RadioSelect,
        choices=[("time", HintedLabel("Det går fortare", "Mäts i dagar")), ("unknown", "Jag vet inte än")],
        error_messages={"required": "Välj ett svar."},
    )
    is_free = forms.BooleanField(label="Det är gratis", required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        raise forms.ValidationError("Någon hann före dig.")


def drawn(form: forms.Form) -> str:
    return "".join(line.strip() for line in form.as_div().splitlines())


def test_a_fresh_form_is_whole_and_tells_no_errors() -> None:
    html = drawn(Idea())
    assert faults(f"<form>{html}</form>") == []
    assert "falt__fel" not in html
    assert html.count('type="hidden"') == 1


def test_the_hint_and_the_error_stand_between_label_and_input_and_are_tied_to_it() -> None:
    html = drawn(Idea({}))
    assert faults(html) == []
    order = [html.index(each) for each in ('for="id_title"', "id_title_helptext", "id_title_error", 'name="title"')]
    assert order == sorted(order)
    assert 'aria-invalid="true" aria-describedby="id_title_helptext id_title_error"' in html


def test_radio_cards_are_a_fieldset_with_its_error() -> None:
    html = drawn(Idea({}))
    assert '<fieldset class="falt " aria-describedby="id_kind_error"><legend>Vad blir bättre?</legend>' in html
    assert "<b>Det går fortare</b><span>Mäts i dagar</span>" in html
    assert "<span>Jag vet inte än</span></label>" in html


def test_a_tick_box_comes_before_its_label() -> None:
    html = drawn(Idea())
    assert html.index('type="checkbox"') < html.index("Det är gratis")


def test_what_people_write_is_escaped() -> None:
    assert "<b>x</b>" not in drawn(Idea({"title": "<b>x</b>"}))


def test_the_summary_leads_to_every_field_and_takes_the_focus() -> None:
    form = Idea({})
    html = render_to_string("components/error_summary.html", {"form": form})
    assert faults(html + drawn(form)) == []
    assert 'tabindex="-1" autofocus' in html
    assert "3 saker att rätta" in html
    assert '<a href="#id_title">Skriv din idé.</a>' in html
    assert '<a href="#id_kind_0">Välj ett svar.</a>' in html
    assert "<li>Någon hann före dig.</li>" in html


def test_there_is_no_summary_without_errors() -> None:
    form = Idea()
    assert render_to_string("components/error_summary.html", {"form": form}).strip() == ""
