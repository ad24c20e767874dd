from django.urls import path

from pdca import views

app_name = "pdca"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("<slug:slug>/", views.element, name="element"),
]
