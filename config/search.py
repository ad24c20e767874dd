"""The guides for the search: each of their sections is a place."""

from collections.abc import Iterator

from config.guides import SLUGS, read
from workflow.search import Place, public


@public
def guides() -> Iterator[Place]:
    for guide in map(read, SLUGS):
        yield Place("guide", guide.title, guide.lede, guide.get_absolute_url())
        for each in guide.sections:
            yield Place("guide", each.heading, each.text, f"{guide.get_absolute_url()}#{each.anchor}")
