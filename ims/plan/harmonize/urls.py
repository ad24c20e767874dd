"""The addresses of a workshop: they come before those of all records, and ``first`` before that of a record."""

from django.urls import path

from ims.plan.harmonize import package_views, scoring_views, settling_views, views

AT = "<int:utility_pk>/workshops/<slug:number>/"
first = path(AT, views.workshop, name="workshop")
urlpatterns = [
    path(f"{AT}step/", views.step, name="workshop_step"),
    path(f"{AT}gather/", views.gather, name="workshop_gather"),
    path(f"{AT}join/", views.join, name="workshop_join"),
    path(f"{AT}take-part/", views.take_part, name="workshop_take_part"),
    path(f"{AT}leave/", views.take_leave, name="workshop_leave"),
    path(f"{AT}score/", scoring_views.score, name="workshop_score"),
    path(f"{AT}score/<int:participant>/done/", scoring_views.done, name="workshop_done"),
    path(f"{AT}score/<int:participant>/<int:proposal>/", scoring_views.save, name="workshop_save"),
    path(f"{AT}settle/", settling_views.settle, name="workshop_settle"),
    path(f"{AT}pair/", settling_views.pair, name="workshop_pair"),
    path(f"{AT}conflict/<int:pk>/", settling_views.conflict, name="workshop_conflict"),
    path(f"{AT}weights/", settling_views.weights, name="workshop_weights"),
    path(f"{AT}package/", package_views.package, name="workshop_package"),
]
