from django.urls import path

from initiatives import comparison_views, views

app_name = "initiatives"
urlpatterns = [
    path("", views.listing, name="list"),
    path("cases/", views.case_list, name="cases"),
    path("cases/<slug:slug>/", views.case, name="case"),
    path("compare/", comparison_views.compare, name="compare"),
    path("compare/who-asks/", comparison_views.who_asks, name="who-asks"),
    path("<slug:slug>/", views.initiative, name="initiative"),
]
