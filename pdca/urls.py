from django.urls import path

from pdca import flow_views, opportunity_views, views

app_name = "pdca"
urlpatterns = [
    path("", views.guide, name="guide"),
    path("getting-started/", flow_views.start, name="start"),
    path("integrating/", views.topics, name="topics"),
    path("glossary/", views.glossary, name="glossary"),
    path("map/", flow_views.flow, name="map"),
    path("search/", views.search, name="search"),
    path("opportunities/", opportunity_views.opportunities, name="opportunities"),
    path("opportunities/<slug:slug>/", opportunity_views.opportunity, name="opportunity"),
    path("<slug:slug>/", views.element, name="element"),
]
