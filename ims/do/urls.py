"""The addresses of doing that no other register has, below those of a utility."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
