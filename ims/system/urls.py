"""The addresses of the system as a whole, below those of a utility."""

from django.urls import path

from ims.system import public_views, today_views

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("today/<int:pk>/fill/", today_views.fill_in, name="fill_in"),
    path("public/", public_views.choose, name="public"),
    path("public/preview/", public_views.preview, name="public_preview"),
    path("public/publish/", public_views.publish, name="public_publish"),
    path("public/withdraw/", public_views.withdraw, name="public_withdraw"),
]
