"""The Alerts room: who was told what and when, did it arrive, and how alerts are sent."""

from __future__ import annotations

from django.urls import path

from finops.web.alerts.endpoints import (
    add,
    change,
    pause,
    remove,
    resume,
    rotate,
    send_a_test,
)
from finops.web.alerts.link import by_link
from finops.web.alerts.log import log
from finops.web.alerts.message import again, message, message_html
from finops.web.alerts.one import acknowledge_it, alert_page
from finops.web.alerts.preferences import preferences

urlpatterns = [
    path("", log, name="alerts"),
    path("<int:pk>/", alert_page, name="alert"),
    path("<int:pk>/acknowledge/", acknowledge_it, name="alert-acknowledge-it"),
    path("acknowledge/<str:token>/", by_link, name="alert-acknowledge"),
    path("messages/<int:pk>/", message, name="alert-message"),
    path("messages/<int:pk>/html/", message_html, name="alert-message-html"),
    path("messages/<int:pk>/again/", again, name="alert-message-again"),
    path("settings/", preferences, name="alert-settings"),
    path("settings/endpoints/add/", add, name="alert-endpoint-add"),
    path("settings/endpoints/<int:pk>/", change, name="alert-endpoint"),
    path("settings/endpoints/<int:pk>/pause/", pause, name="alert-endpoint-pause"),
    path("settings/endpoints/<int:pk>/resume/", resume, name="alert-endpoint-resume"),
    path("settings/endpoints/<int:pk>/test/", send_a_test, name="alert-endpoint-test"),
    path("settings/endpoints/<int:pk>/secret/", rotate, name="alert-endpoint-secret"),
    path("settings/endpoints/<int:pk>/remove/", remove, name="alert-endpoint-remove"),
]
