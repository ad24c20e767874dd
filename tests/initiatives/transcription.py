"""Tables 1 and 2 of guide 2004, typed from its text: the landed catalog is held against these, never made from them.

How the text of the guide is read. It was taken from a word processor's file, so a table stands there as one cell a
line, each line beginning with a tab, row after row; an empty cell is a line with its tab alone. A row of
Table 1 is eleven such lines: the initiative's name, the five areas E, S, Q, F, H (X or empty), the key feature, and
the strengths for Plan, Do, Check, Act. Four names are followed by two lines without a tab, which are no cells. In
Table 2 each element is one line with its name and three lines with a bullet, the boxes to tick; a line in capitals
opens a component.
"""

# "." is an empty cell. Names as the guide prints them.
TABLE_1 = """
                                            E S Q F H   P D C A
APWA Management Accreditation Program       X X X X X   1 1 2 3
Asset Management                            X . X X .   1 1 2 2
AWWA Proposed Accreditation Program         X X X X X   1 1 3 3
Balanced Scorecard                          . . X X X   1 2 3 3
Bid-to-Goal                                 . . . X .   1 1 3 3
CMOM                                        X X . . .   1 1 2 2
EPA EMS for Local Government Initiative     X . . . .   1 1 1 1
GASB-34                                     . . . X .   1 1 3 3
ISO 14001                                   X . . . .   1 1 1 1
ISO 9002                                    . . X . .   1 1 1 1
Malcolm Baldrige National Quality Program   . . X X X   3 1 3 3
NBP EMS for Biosolids Program               X . X . .   1 1 1 1
OSHA Voluntary Protection Program           . X . . .   1 1 1 1
Partnership for Safe Water                  X . . . .   1 2 1 3
QualServe                                   X X X X X   1 2 2 3
"""

TABLE_2 = """
PLAN
    Management commitment
    Vision
    Policy statements
    Assessing areas for performance improvement
    Legal and other requirements
    Objectives and targets
    Management programs for performance improvement
DO
    Training, awareness, and competence
    Communication
    Document control
    Emergency preparedness and response
    Operational control
CHECK
    Measuring and monitoring
    Reporting
    Management review
    Auditing
ACT
    Corrective and preventive action
    Change management
"""

# The slugs under which the rows are known for ever, in the order of the two tables.
INITIATIVES = [
    "apwa-accreditation",
    "asset-management",
    "awwa-accreditation",
    "balanced-scorecard",
    "bid-to-goal",
    "cmom",
    "epa-ems-local-government",
    "gasb-34",
    "iso-14001",
    "iso-9002",
    "baldrige",
    "nbp-ems",
    "osha-vpp",
    "partnership-safe-water",
    "qualserve",
]
ELEMENTS = [
    "management-commitment",
    "vision",
    "policy-statements",
    "assessing-areas",
    "legal-and-other-requirements",
    "objectives-and-targets",
    "management-programs",
    "training-awareness-competence",
    "communication",
    "document-control",
    "emergency-preparedness-response",
    "operational-control",
    "measuring-and-monitoring",
    "reporting",
    "management-review",
    "auditing",
    "corrective-preventive-action",
    "change-management",
]

# Where the two documents can be cited: their numbered sections, tables, appendixes and chapters.
# A place that is not here is a slip of the pen.
_PLACES = {
    "guide 2004": """
        introduction note §1.1 §1.1.1 §1.2 §1.2.1 §1.3 §1.3.1 §1.3.2 §2.1 §2.2 §2.3 §3.1 §3.1.1 §3.1.2 §3.1.3 §3.1.4
        §3.2 §3.2.1 §3.2.2 §3.2.3 §3.3 §3.4 §3.4.1 §3.4.2 §3.4.3 §3.4.4 §3.4.5 §3.4.6 §4.1 §4.1.1 §4.1.2 §4.1.3 §4.1.4
        §4.1.5 §4.1.6 §4.1.7 §4.1.8 §4.2 §4.2.1 §4.2.2 §4.2.3 §4.2.4 §4.2.5 §4.3 §4.3.1 §4.3.2 §4.3.3 §4.3.4 §4.4 §4.4.1
        §4.4.2 ch.1 ch.2 ch.3 ch.4 App.A App.B App.C Table1 Table2 Table3 Table4 Table5 Table6
        """,
    "phase 1 report 2002": """
        §1.1 §1.2 §1.2.1 §1.2.2 §1.3 §1.4 §2.1 §2.1.1 §2.1.2 §2.1.3 §2.2 §3.1 §3.2 §3.2.1 §3.2.2 §3.3 §3.4 §4.1 §4.2
        §4.3 §4.3.1 §4.3.2 §4.3.3 §4.3.4 §5.1 §5.1.1 §5.1.2 §5.2 §5.3 §5.3.1 §5.3.2 §5.3.3 §6.1 §6.2 App.A App.B
        App.C App.D Table1
        """,
}
PLACES = {document: set(places.split()) for document, places in _PLACES.items()}


def table_1() -> dict[str, tuple[str, str]]:
    """Slug → the letters of its areas, as "QFH", and its four strengths, as "1233"."""
    rows = [line.split()[-9:] for line in TABLE_1.split("\n")[2:-1]]
    return {
        slug: ("".join(area for area, cell in zip("ESQFH", cells, strict=False) if cell == "X"), "".join(cells[5:]))
        for slug, cells in zip(INITIATIVES, rows, strict=True)
    }


def printed_names() -> dict[str, str]:
    """Slug → the name that Table 1 prints."""
    names = [line[:44].strip() for line in TABLE_1.split("\n")[2:-1]]
    return dict(zip(INITIATIVES, names, strict=True))


def table_2() -> dict[str, list[str]]:
    """Component → the names of its elements, in order."""
    components: dict[str, list[str]] = {}
    names: list[str] = []
    for line in TABLE_2.split("\n")[1:-1]:
        if not line.startswith(" "):
            names = components[line.capitalize()] = []
        else:
            names.append(line.strip())
    return components
