"""The settings: everybody's own, people and roles, keys, the organisation, the change log."""

from __future__ import annotations

from typing import Final

from django.urls import include, path

from finops.web.settings import changes, keys, organization, own, people

_PERSON: Final = [
    path("role/", people.change_role, name="settings-person-role"),
    path("link/", people.link, name="settings-person-link"),
    path("deactivate/", people.deactivate, name="settings-person-deactivate"),
    path("reactivate/", people.reactivate, name="settings-person-reactivate"),
]

urlpatterns = [
    path("", own.own_page, name="settings"),
    path("password/", own.password, name="settings-password"),
    path("people/", people.people_page, name="settings-people"),
    path("people/<int:person_id>/", include(_PERSON)),
    path("keys/", keys.keys_page, name="settings-keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke, name="settings-key-revoke"),
    path("keys/<int:key_id>/rate/", keys.rate, name="settings-key-rate"),
    path("organization/", organization.organization_page, name="settings-organization"),
    path("organization/time-zone/", organization.change_zone, name="settings-zone"),
    path("organization/time-zone/state/", organization.zone_state, name="settings-zone-state"),
    path("changes/", changes.changes_page, name="settings-changes"),
]
