"""Explains glossary terms inside texts: the first time on each page, as a button that opens a note."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from pdca.models import Term

JOINED = "\u2060"  # word joiner: no line break between a term's button and the comma after it


@dataclass
class Explainer:
    """Explains the terms of one page. ``terms_explained`` lists the terms explained so far, in order."""

    terms: dict[str, Term]  # spelling → term
    pattern: re.Pattern[str] | None
    terms_explained: list[Term]

    @classmethod
    def for_page(cls) -> "Explainer":
        """Loads all readable terms in one query."""
        terms = {
            spelling: term
            for term in Term.objects.readable()
            for spelling in (term.term, term.acronym, *term.also)
            if spelling
        }
        longest_first = sorted(map(re.escape, terms), key=len, reverse=True)
        # Case-sensitive, so that no ordinary word is taken for an acronym or a name.
        pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(longest_first)})(?![\w-])") if terms else None
        return cls(terms, pattern, [])

    def explained(self, text: Any) -> SafeString:
        """Returns ``text`` as HTML, with each term not explained yet as a button that opens its note."""
        if self.pattern is None:
            return SafeString(conditional_escape(text))
        parts: list[str] = []
        done = 0
        for found in self.pattern.finditer(str(text)):
            term = self.terms[found[0]]
            if term not in self.terms_explained:
                self.terms_explained.append(term)
                parts += [conditional_escape(str(text)[done : found.start()]), _button(found[0], term)]
                done = found.end()
                if str(text)[done : done + 1].strip():
                    parts.append(JOINED)
        return mark_safe("".join([*parts, conditional_escape(str(text)[done:])]))


def _button(shown: str, term: Term) -> SafeString:
    opens = '<button type="button" class="term" popovertarget="term-{}">{}'
    return format_html(opens + '<span class="usa-sr-only">, explained</span></button>', term.slug, shown)
