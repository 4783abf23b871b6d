"""Findings as JUnit's XML, which build servers read: a spec is a suite, a finding a failed case."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from compiler.checking.examining import Examined
from dsl.text.problems import Problem, printable


def written(found: Sequence[Examined]) -> str:
    """The suites; a spec with nothing wrong has one case that passed."""
    suites = ET.Element("testsuites", name="inception-compile check")
    for each in found:
        _suite(suites, each)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(suites: ET.Element, found: Examined) -> None:
    failed = [problem for problem in found.problems if problem.severity != "note"]
    suite = ET.SubElement(
        suites,
        "testsuite",
        name=printable(found.file),
        tests=str(max(len(found.problems), 1)),
        failures=str(len(failed)),
        errors="0",
    )
    if not found.problems:
        ET.SubElement(suite, "testcase", name="check", classname=printable(found.file))
    for problem in found.problems:
        _case(suite, problem, found)


def _case(suite: ET.Element, problem: Problem, found: Examined) -> None:
    span = problem.span
    place = f"{span.line}:{span.column} " if span.line else ""
    case = ET.SubElement(
        suite,
        "testcase",
        name=f"{place}{problem.code}",
        classname=printable(span.file or found.file),
    )
    text = problem.render(found.texts.get(span.file))
    if problem.severity == "note":
        ET.SubElement(case, "system-out").text = text
        return
    failure = ET.SubElement(
        case, "failure", message=problem.message, type=f"{problem.severity} {problem.code}"
    )
    failure.text = text
