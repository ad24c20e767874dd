"""Pages of the recognition program: the applicant's (``applications``, ``sections``), staff's (``queues``,
``completeness``, ``compliance``), the panel's (``panel``) and the official's (``decisions``); the public estimate (``burden``)."""
