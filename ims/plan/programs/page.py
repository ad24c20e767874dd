"""The page of the programs among the pages of the system."""

from ims.registers import Page, add_page

add_page(
    Page(
        slug="programs",
        name="Programs at a glance",
        about="When each action runs, who carries how much, and which ones meet on the same unit.",
        component="plan",
        element="management-programs",
        url_name="ims:programs",
    )
)
