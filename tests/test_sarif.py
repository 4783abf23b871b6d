"""What `check --format sarif` writes, held against the published schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from compiler.checking.examining import examined
from compiler.checking.forms import FORMS
from compiler.findings.frame import framed
from compiler.lints import every_lint
from tests.yaml_server import installed

SCHEMA = Path("@microsoft", "jest-sarif", "lib", "schemas", "sarif-2.1.0-rtm.5.json")


@pytest.fixture(scope="module")
def schema(pytestconfig: pytest.Config) -> dict[str, Any]:
    """The schema, as the package that checks SARIF for JavaScript has it."""
    modules = installed(pytestconfig.cache.mkdir("yaml-language-server")).parents[2]
    found: dict[str, Any] = json.loads((modules / SCHEMA).read_text(encoding="utf-8"))
    return found


def test_findings_and_errors_fit_the_schema(schema: dict[str, Any], tmp_path: Path) -> None:
    for lint in every_lint():
        (tmp_path / f"{lint.name}.yaml").write_text(framed(lint.before), encoding="utf-8")
    bad = Path(__file__).parent / "bad"
    specs = [*tmp_path.glob("*.yaml"), *sorted(bad.glob("typo*.yaml")), tmp_path / "none.yaml"]
    found = json.loads(FORMS["sarif"]([examined(spec) for spec in specs]))
    jsonschema.validate(found, schema)
    (run,) = found["runs"]
    met = {result["ruleId"] for result in run["results"]}
    assert met >= {lint.code for lint in every_lint()} | {"E001", "E020"}
    assert any("fixes" in result for result in run["results"])


def test_the_schema_refuses_what_is_wrong(schema: dict[str, Any]) -> None:
    found = json.loads(FORMS["sarif"]([]))
    found["runs"][0]["results"] = [{"level": "bad"}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema)
