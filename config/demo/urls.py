"""The site's URLs, and the page of emails."""

from django.urls import include, path

from config.demo import views
from config.urls import urlpatterns as site

pages = [
    path("", views.emails, name="emails"),
    path("<int:pk>/", views.email, name="email"),
]
urlpatterns = [path("demo/email/", include((pages, "demo"))), *site]
