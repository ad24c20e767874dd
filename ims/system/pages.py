"""The pages of the system as a whole, in the order in which "Our system" shows them."""

from ims.registers import Page, add_page
from ims.system.manual import state

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
        slug="manual",
        name="System manual",
        about="How the elements of your system fit together, composed from the records, for all areas or for one.",
        url_name="ims:manual",
        state=lambda utility, user: state(utility),
    )
)
