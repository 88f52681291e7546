"""The Celery application: the clock (beat) and its workers. Nothing a person does in the web passes through here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("framsteg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
