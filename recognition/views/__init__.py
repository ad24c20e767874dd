"""Pages of the recognition program: the applicant's (``applications``, ``sections``), staff's (``queues``,
``completeness``, ``compliance``, ``entry``), the panel's (``panel``, ``reviews``), the official's (``decisions``), and
the public estimate (``burden``). ``staff`` holds what the steps of a review share."""
