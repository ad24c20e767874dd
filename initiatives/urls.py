from django.urls import path

from initiatives import views

app_name = "initiatives"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<slug:slug>/", views.initiative, name="initiative"),
]
