"""Addresses of the pages about initiatives, in Swedish: they are read by people."""

from django.urls import path, re_path

from initiatives.pages.administering import answer_proposal, reminder_rules
from initiatives.pages.administering_rule import reminder_rule, reminder_text
from initiatives.pages.agreeing import answer_handover, answer_waiver, extend_review, invite, uninvite, waive
from initiatives.pages.baselining import baseline
from initiatives.pages.calendar_feed import calendar_feed
from initiatives.pages.calendar_settings import calendar_settings
from initiatives.pages.claiming import change, check, claim, settle
from initiatives.pages.commenting import comment
from initiatives.pages.deciding import decide, decisions
from initiatives.pages.evidence import evidence
from initiatives.pages.home import home
from initiatives.pages.initiative import initiative
from initiatives.pages.listing import initiatives
from initiatives.pages.measuring import value
from initiatives.pages.obstacles import hand_on, obstacle, raise_obstacle
from initiatives.pages.overview import overview
from initiatives.pages.promising import make_promise, promise
from initiatives.pages.reading_in import read, store
from initiatives.pages.registering import complete, new
from initiatives.pages.reminder_settings import reminder_settings
from initiatives.pages.reminders import later, never_again, read_everything, read_one, reminders
from initiatives.pages.signed_links import later_link, unsubscribe_link, value_link
from initiatives.pages.slide import chart_for_slides
from initiatives.pages.steps import step
from initiatives.pages.values import cause, measurement, values
from initiatives.pages.verifying import answer_controller, verify_one, verifying

urlpatterns = [
    path("", home, name="home"),
    path("initiativ/", initiatives, name="initiatives"),
    path("initiativ/nytt/", new, name="new"),
    path("initiativ/<uuid:uuid>/", initiative, name="initiative"),
    path("initiativ/<uuid:uuid>/diagram.svg", chart_for_slides, name="chart-for-slides"),
    path("initiativ/<uuid:uuid>/komplettera/", complete, name="complete"),
    path("initiativ/<uuid:uuid>/kommentar/", comment, name="comment"),
    path("initiativ/<uuid:uuid>/varde/", value, name="value"),
    path("initiativ/<uuid:uuid>/varden/", values, name="values"),
    path("initiativ/<uuid:uuid>/varden/las-in/", read, name="read-in"),
    path("initiativ/<uuid:uuid>/varden/las-in/spara/", store, name="store-values"),
    path("initiativ/<uuid:uuid>/varden/utgangslage/", baseline, name="move-baseline"),
    path("initiativ/<uuid:uuid>/varden/<uuid:measurement>/", measurement, name="measurement"),
    path("initiativ/<uuid:uuid>/varden/<uuid:measurement>/orsak/", cause, name="cause"),
    path("initiativ/<uuid:uuid>/steg/<slug:verb>/", step, name="step"),
    path("initiativ/<uuid:uuid>/personer/", invite, name="invite"),
    path("initiativ/<uuid:uuid>/personer/<uuid:person>/", uninvite, name="uninvite"),
    path("initiativ/<uuid:uuid>/granskning/", extend_review, name="extend-review"),
    path("initiativ/<uuid:uuid>/skal/", waive, name="waive"),
    path("initiativ/<uuid:uuid>/skal/<uuid:waiver>/", answer_waiver, name="answer-waiver"),
    path("initiativ/<uuid:uuid>/hinder/", raise_obstacle, name="raise-obstacle"),
    path("initiativ/<uuid:uuid>/lofte/", make_promise, name="make-promise"),
    path("hinder/<uuid:uuid>/", obstacle, name="obstacle"),
    path("hinder/<uuid:uuid>/vidare/", hand_on, name="hand-obstacle-on"),
    path("lofte/<uuid:uuid>/", promise, name="promise"),
    path("initiativ/<uuid:uuid>/effekt/", claim, name="claim"),
    path("initiativ/<uuid:uuid>/effekt/kontroll/", check, name="check-claims"),
    path("initiativ/<uuid:uuid>/effekt/<uuid:claim>/", change, name="change-claim"),
    path("effekt/<uuid:claim>/overlapp/<uuid:other>/", settle, name="settle-overlap"),
    path("oversikt/", overview, name="overview"),
    path("overtagande/<uuid:handover>/", answer_handover, name="answer-handover"),
    path("initiativ/<uuid:uuid>/bevis/", evidence, name="evidence"),
    path("initiativ/<uuid:uuid>/controller/", answer_controller, name="answer-controller"),
    path("granska/", verifying, name="verifying"),
    path("granska/<uuid:uuid>/", verify_one, name="verify"),
    path("beslut/", decisions, name="decisions"),
    path("beslut/<uuid:uuid>/", decide, name="decide"),
    path("administration/paminnelser/", reminder_rules, name="reminder-rules"),
    path("administration/paminnelser/forslag/<uuid:uuid>/", answer_proposal, name="answer-proposal"),
    path("administration/paminnelser/<slug:rule>/", reminder_rule, name="reminder-rule"),
    path("administration/paminnelser/<slug:rule>/ord/<slug:language>/", reminder_text, name="reminder-text"),
    path("paminnelser/", reminders, name="reminders"),
    path("paminnelser/alla-lasta/", read_everything, name="read-reminders"),
    path("paminnelser/<uuid:uuid>/last/", read_one, name="read-reminder"),
    path("paminnelser/<uuid:uuid>/senare/", later, name="put-off"),
    path("paminnelser/<uuid:uuid>/sluta/", never_again, name="decline-reminders"),
    path("installningar/paminnelser/", reminder_settings, name="reminder-settings"),
    path("p/senare/<str:token>/", later_link, name="later-link"),
    path("p/varde/<str:token>/", value_link, name="value-link"),
    path("p/avsta/<str:token>/", unsubscribe_link, name="unsubscribe-link"),
    path("installningar/kalender/", calendar_settings, name="calendar"),
    re_path(
        r"^kalender/(?P<person>[0-9a-f]{32})-(?P<signature>[0-9a-f]{32})\.ics$", calendar_feed, name="calendar-feed"
    ),
]
