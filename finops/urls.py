"""Addresses of the product; pages and API name theirs themselves."""

from __future__ import annotations

from django.urls import include, path

urlpatterns: list[object] = []
