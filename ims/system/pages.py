"""The pages of the system as a whole, in the order in which "Our system" shows them."""

from accounts.models import User, Utility
from ims.registers import Page, add_page
from ims.system.public import PublicPage


def _public(utility: Utility, user: User) -> str:
    page = PublicPage.objects.filter(utility=utility).first()
    return page.get_status_display() if page else ""


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
add_page(
    Page(
        slug="auditor",
        name="Ready for the auditor",
        about="What each initiative asks, which records prove it, what is missing; one index to give to the auditor.",
        url_name="ims:auditor_choose",
    )
)
add_page(
    Page(
        slug="manual",
        name="System manual",
        about="How the elements of your system fit together, composed from the records, for all areas or for one.",
        url_name="ims:manual",
    )
)
add_page(
    Page(
        slug="public",
        name="What everyone may see",
        about="A page that you publish if you like: policies, objectives, performance, recognition.",
        url_name="ims:public",
        state=_public,
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
