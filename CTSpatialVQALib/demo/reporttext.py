"""What would the radiology report of a phantom patient say? Its findings in a few sentences."""

from __future__ import annotations

from CTSpatialVQALib.demo.phantom import Finding, Phantom
from CTSpatialVQALib.demo.question_drafts import lobe_words


def report_of(phantom: Phantom) -> str:
    """The report of `phantom`, one finding per line; every sentence follows from the shapes."""
    facts = phantom.facts
    lines = [f"CT of the chest, {facts.contrast}. Phantom patient, {facts.sex}; research use only.", ""]
    if facts.situs_inversus:
        lines.append(
            f"Situs inversus: heart and stomach on the {facts.heart_side}, liver on the {facts.liver_side}."
        )
    lines += [_sentence(finding) for finding in phantom.findings]
    if not any(finding.kind == "effusion" for finding in phantom.findings):
        lines.append("No pleural effusion.")
    if facts.ascending_aorta_mm > 40:
        lines.append(f"The ascending aorta is widened to {facts.ascending_aorta_mm:.0f} mm.")
    return "\n".join(lines) + "\n"


def _sentence(finding: Finding) -> str:
    size = f"{finding.diameter_mm:.0f} mm"
    if finding.kind == "nodule":
        return f"Solid nodule of {size} in the {lobe_words(finding.structure)}."
    if finding.kind == "effusion":
        return f"Free pleural effusion on the {finding.side}, {size} deep behind the lung at its base."
    if finding.kind == "cyst":
        return f"Simple cyst of {size} at the {finding.pole} pole of the {finding.side} kidney."
    if finding.kind == "lymph_node":
        return f"Enlarged {finding.side} paratracheal lymph node of {size}."
    return (
        f"Goitre of the {finding.side} thyroid lobe, behind the sternum down to the level of {finding.level}."
    )
