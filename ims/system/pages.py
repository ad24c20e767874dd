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
        slug="archive",
        name="Everything as one ZIP",
        about="Take everything with you as tables and files, and bring it back into an empty utility.",
        url_name="ims:archive",
    )
)
