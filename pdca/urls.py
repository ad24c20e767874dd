from django.urls import path

app_name = "pdca"
urlpatterns: list = []
