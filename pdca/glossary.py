"""Terms of the glossary, explained where they stand in a text: the first time on each page, in a note that opens."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from pdca.models import Term

JOINED = "\u2060"  # no line ends here: a button is a box of its own, so its comma could begin the next line


@dataclass
class Explainer:
    """For one page: ``told`` are the terms it has explained so far, in order."""

    terms: dict[str, Term]  # each spelling → its term
    pattern: re.Pattern[str] | None
    told: list[Term]

    @classmethod
    def for_page(cls) -> "Explainer":
        """One query."""
        terms = {
            spelling: term
            for term in Term.objects.readable()
            for spelling in (term.term, term.acronym, *term.also)
            if spelling
        }
        longest_first = sorted(map(re.escape, terms), key=len, reverse=True)
        # An acronym or a name counts as it is written; so no ordinary word is taken for one.
        pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])") if terms else None
        return cls(terms, pattern, [])

    def explained(self, text: Any) -> SafeString:
        """``text`` as HTML, each term that was not explained yet as a button that opens its note."""
        if self.pattern is None:
            return SafeString(conditional_escape(text))
        parts: list[str] = []
        done = 0
        for found in self.pattern.finditer(str(text)):
            term = self.terms[found[0]]
            if term not in self.told:
                self.told.append(term)
                parts += [conditional_escape(str(text)[done : found.start()]), _button(found[0], term)]
                done = found.end()
                if str(text)[done : done + 1].strip():
                    parts.append(JOINED)
        return mark_safe("".join([*parts, conditional_escape(str(text)[done:])]))


def _button(shown: str, term: Term) -> SafeString:
    opens = '<button type="button" class="term" popovertarget="term-{}">{}'
    return format_html(opens + '<span class="usa-sr-only">, explained</span></button>', term.slug, shown)
