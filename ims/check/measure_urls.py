"""The addresses of readings and of the performance report. They come before those that all registers share."""

from django.urls import path

from ims.check import performance_views, views

urlpatterns = [
    path("readings/", views.due, name="due"),
    path("readings/paste/", views.paste, name="paste"),
    path("readings/paste/confirm/", views.confirm, name="paste_confirm"),
    path("readings/export/<slug:ending>/", views.export, name="readings_export"),
    path("performance/", performance_views.performance, name="performance"),
    path("performance/<slug:quarter>/comment/", performance_views.comment, name="performance_comment"),
    path("performance/<slug:quarter>/report/", performance_views.request_report, name="performance_report"),
    path("<slug:number>/readings/", views.readings, name="readings"),
    path("<slug:number>/readings/paste/", views.paste, name="paste_one"),
    path("<slug:number>/readings/paste/confirm/", views.confirm, name="paste_one_confirm"),
    path("<slug:number>/readings/<int:pk>/", views.reading, name="reading"),
]
