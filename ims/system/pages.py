"""The pages of the system as a whole, in the order in which "Our system" shows them."""

from ims.registers import Page, add_page

add_page(
    Page(
        slug="today",
        name="Our system today",
        about="What your living records say of each element, and a gap analysis that fills itself.",
        url_name="ims:today",
    )
)
add_page(
    Page(
        slug="year",
        name="The round of the year",
        about="Reviews, audits, trainings, evaluations and readings, month by month; also in your calendar.",
        url_name="ims:year",
    )
)
