"""The index for an auditor as a document: what it is made of, its Excel sheets, and the files of its ZIP."""

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.models import User
from files.names import untaken
from ims.records import RecordAttachment
from ims.system.auditor_index import AuditorIndex
from ims.system.index import Index, Line, Proof
from reports.kinds import Enclosure
from workflow.spreadsheets import Rows

MAX_PATH = 120  # characters of a path in the ZIP, so that Windows unpacks it in a deep folder too
MAX_LISTED = 100  # records of an ask that its chapter lists; the list at the end has all
REMOVED = "It was removed from its record since."
CLOSED = "Its register is closed to some people now."


def find(user: User, object_id: int) -> AuditorIndex | None:
    return AuditorIndex.objects.visible_to(user).filter(pk=object_id).first()


def context(kept: AuditorIndex, left_out: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Of a ZIP, ``left_out`` tells why files are not in it."""
    index, places = kept.index, places_of(kept.index)
    return {
        "kept": kept,
        "utility": kept.utility,
        "index": index,
        "most": MAX_LISTED,
        "most_shown": f":{MAX_LISTED}",
        "records": [
            (line, proof, [(item, places[item.pk], (left_out or {}).get(places[item.pk], "")) for item in proof.files])
            for line, proof in proving(index)
        ],
        "has_files": bool(places),
    }


def proving(index: Index) -> list[tuple[Line, Proof]]:
    """Returns each record that proves an ask, with the first such ask."""
    found: dict[str, tuple[Line, Proof]] = {}
    for line in index.lines:
        for proof in line.proof:
            found.setdefault(proof.number, (line, proof))
    return list(found.values())


def places_of(index: Index) -> dict[int, str]:
    """Returns the path in the ZIP of each file, by the key of its attachment."""
    found: dict[int, str] = {}
    taken: dict[str, set[str]] = {}
    for line, proof in proving(index):
        folder = f"files/{line.ask.order:02}-{line.ask.element}"[: MAX_PATH // 2]
        for item in proof.files:
            used = taken.setdefault(folder, set())
            found[item.pk] = f"{folder}/{untaken(f'{proof.number} {item.name}', used, MAX_PATH - len(folder) - 1)}"
    return found


def enclosures(kept: AuditorIndex) -> list[Enclosure]:
    """Returns the files of the records that prove an ask: what is in force keeps the files it was approved with."""
    places = places_of(kept.index)
    rows = RecordAttachment.objects.filter(pk__in=places, record__utility=kept.utility_id)
    there = {row.pk: row for row in rows.select_related("file", "record")}
    return [_enclosed(place, there.get(pk)) for pk, place in places.items()]


def _enclosed(place: str, row: RecordAttachment | None) -> Enclosure:
    if row is None or row.file is None:
        return Enclosure(place, None, REMOVED)
    if row.record.restricted:
        return Enclosure(place, None, CLOSED)
    return Enclosure(place, row.file)


def sheets(context: dict[str, Any]) -> Mapping[str, Rows]:
    """Returns the asks, their records, the files with their paths in the ZIP, and the links."""
    index: Index = context["index"]
    asks = [
        [each.ask.order, each.ask.name, each.ask.text, "gap" if each.is_gap else "proven", each.n_proof, each.n_failing]
        for each in index.lines
    ]
    files = [
        [proof.number, proof.title, item.name, place, why]
        for _, proof, named in context["records"]
        for item, place, why in named
    ]
    links = [[proof.number, proof.title, item.name, item.url] for _, proof in proving(index) for item in proof.links]
    return {
        "Asks": [["Ask", "Element", "What is asked", "State", "Records that prove it", "Do not count"], *asks],
        "Records": [[*RECORD, "Does not count because"], *_records(index)],
        "Files": [["Number", "Title", "File", "Path in the ZIP", "Left out of the ZIP because"], *files],
        "Links": [["Number", "Title", "Link", "Address"], *links],
    }


RECORD = ["Ask", "Element", "Number", "Title", "Register", "Status", "Owner", "Review or due date"]


def _records(index: Index) -> Iterator[list[Any]]:
    for line in index.lines:
        for each in (*line.proof, *line.failing):
            about = [each.number, each.title, each.register, each.status, each.owner, each.due or "", each.lacks]
            yield [line.ask.order, line.ask.name, *about]
