"""The addresses of acting that no other register has, below those of a utility."""

from django.urls import path

from ims.act import change_views

urlpatterns = [
    path("changes/<slug:number>/answers/<str:area>/", change_views.answer, name="answer_change"),
]
