"""The worked notebook runs from the first cell to the last, in a kernel of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOK = Path("docs/notebooks/your_model.ipynb")


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = Path(__file__).resolve().parents[2]
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(root / NOTEBOOK, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook, folder


def _texts(notebook: Any) -> str:
    return "\n".join(
        str(output.get("text") or output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("name") != "stderr"
    )


def test_every_cell_runs_and_the_report_is_there(executed: Any) -> None:
    notebook, folder = executed
    report = (folder / "report.html").read_text("utf-8")
    assert "my-model" in report
    assert "report-data" in report
    text = _texts(notebook)
    assert "Study 'phantoms-tiny': 5 cases, 40 questions" in text
    assert "contradicted: the reply says" in text
    assert re.search(r"my-model: \d+ % of the decided|my-model: \d+% of the decided", text)
    assert "Verification: consistent" in text


def test_a_run_shows_itself_as_a_table(executed: Any) -> None:
    notebook, _ = executed
    tables = [
        output["data"]["text/html"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert any("<td>my-model</td>" in table for table in tables)


def test_the_file_holds_no_output_and_no_more_than_ten_cells_of_code(root: Path) -> None:
    notebook = json.loads((root / NOTEBOOK).read_text("utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert 5 <= len(code) <= 10
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
