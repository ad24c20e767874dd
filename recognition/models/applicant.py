"""Who applies, and what stands for it where the panel of a blind cycle must not know."""

from collections.abc import Container
from typing import Any


class Named:
    """What an application is called. ``recognition.application.blind`` does the same for its content."""

    OUTCOME: Container[str]
    pk: Any
    cycle: Any
    utility: Any
    status: Any
    my_blind: bool = False  # whether the person for whom it was fetched must not know who applies

    @property
    def is_blind(self) -> bool:
        """Whether its panel must not know who applies: in a blind cycle, until the decision is released."""
        return self.cycle.blind and self.status not in self.OUTCOME

    @property
    def label(self) -> str:
        """What the panel of a blind cycle sees instead of the utility's name."""
        return f"Application {self.pk}"

    @property
    def applicant(self) -> str:
        """Who applies, as far as the person may know for whom it was fetched (``visible_to``)."""
        return self.label if self.my_blind else str(self.utility)

    @property
    def applicant_state(self) -> str:
        return "" if self.my_blind else str(self.utility.state)

    @property
    def shown_to_panel(self) -> str:
        """Who applies, in what goes to members of its panel."""
        return self.label if self.is_blind else str(self.utility)
