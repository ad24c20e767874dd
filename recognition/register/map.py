"""The map of the register: a tile for each state, with its number of recognized utilities."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from django.template.defaultfilters import pluralize
from django.utils.safestring import SafeString

from accounts.regions import states

# The place of each state on the map, row by row. With TERRITORIES it covers every place where a utility can be.
ROWS = [
    "AK .. .. .. .. .. .. .. .. .. .. ME",
    ".. .. .. .. .. .. .. .. .. .. VT NH",
    ".. WA ID MT ND MN WI MI .. NY MA RI",
    ".. OR NV WY SD IA IL IN OH PA NJ CT",
    ".. CA UT CO NE MO KY WV VA MD DE ..",
    ".. .. AZ NM KS AR TN NC SC DC .. ..",
    ".. .. .. .. OK LA MS AL GA .. .. ..",
    "HI .. .. .. TX .. .. .. .. FL .. ..",
]
TERRITORIES = "AS GU MP FM MH PW .. .. .. .. PR VI"  # one more row, only with those that have any
STEP, SIDE = 46, 42  # distance of the tiles and side of a tile, in units of the SVG
# Fill and text color of a tile by its minimum number of utilities. The tile shows the number too.
SHADES = [
    (0, "var(--map-none)", "var(--ink-quiet)"),
    (1, "var(--map-few)", "var(--ink)"),
    (3, "var(--map-some)", "var(--ink)"),
    (6, "var(--map-many)", "var(--on-fill)"),
    (11, "var(--map-most)", "var(--on-fill)"),
]


@dataclass(frozen=True)
class Tile:
    """A state with ``n`` utilities. ``x`` and ``y`` are its top left corner."""

    code: str
    name: str
    n: int
    x: int
    y: int
    fill: str
    ink: str


@dataclass(frozen=True)
class Map:
    tiles: list[Tile]
    width: int
    height: int

    def drawn(self, link: str, chosen: str) -> SafeString:
        """Returns the map as SVG. ``link`` begins the query string of a state; a tile that is ``chosen`` leads to all.

        As a template, it would take a quarter of the work of the register's page.
        """
        return SafeString(
            SVG.format(self.width, self.height, "".join(_drawn(tile, link, chosen) for tile in self.tiles))
        )


SVG = (
    '<svg class="tiles" viewBox="0 0 {} {}" role="group" aria-labelledby="map-title" aria-describedby="map-about"'
    ' font-size="15" font-weight="600" text-anchor="middle">{}</svg>'
)
RECT = '<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="4" fill="{fill}"/>'
TILE = (
    '<a href="{link}" aria-label="{words}"{current}><title>{title}</title>' + RECT + '<text x="{x}" y="{y}" dx="21"'
    ' dy="18" fill="{ink}">{code}</text><text x="{x}" y="{y}" dx="21" dy="35" fill="{ink}">{n}</text></a>'
)
EMPTY = (
    '<g aria-hidden="true">' + RECT + '<text x="{x}" y="{y}" dx="21" dy="26" fill="{ink}" font-weight="400">{code}'
    "</text></g>"
)


def _drawn(tile: Tile, link: str, chosen: str) -> str:
    known = {"x": tile.x, "y": tile.y, "side": SIDE, "fill": tile.fill, "ink": tile.ink, "code": tile.code}
    if not tile.n:
        return EMPTY.format(**known)
    is_chosen = tile.code == chosen
    return TILE.format(
        link=escape(link if is_chosen else f"{link}state={tile.code}"),
        words=escape(f"{tile.name}: {tile.n} {pluralize(tile.n, 'utility,utilities')}"),
        title=escape(f"{tile.name}: {tile.n}{'. Show all states' if is_chosen else ''}"),
        current=' aria-current="true"' if is_chosen else "",
        n=tile.n,
        **known,
    )


def as_map(n_of: Mapping[str, int]) -> Map:
    """Returns the map, with a tile for each state and for each territory that has a utility."""
    below = [code if n_of.get(code) else ".." for code in TERRITORIES.split()]
    rows = [row.split() for row in ROWS]
    if any(code != ".." for code in below):
        rows.append(below)
    tiles = list(_tiles(rows, n_of))
    return Map(tiles, width=len(rows[0]) * STEP - (STEP - SIDE), height=len(rows) * STEP - (STEP - SIDE))


def _tiles(rows: Iterable[list[str]], n_of: Mapping[str, int]) -> Iterator[Tile]:
    names = dict(states())
    for down, row in enumerate(rows):
        for across, code in enumerate(row):
            if code != "..":
                n = n_of.get(code, 0)
                fill, ink = next((fill, ink) for least, fill, ink in reversed(SHADES) if n >= least)
                yield Tile(code, names[code], n, across * STEP, down * STEP, fill, ink)
