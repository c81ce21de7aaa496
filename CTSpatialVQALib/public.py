"""The library's public face: what a script or a notebook calls, each function with an example that runs.

`import CTSpatialVQALib` offers these names and imports what is behind one when it is used.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from CTSpatialVQALib.errors import BadInput, WorkFailed
from CTSpatialVQALib.records.words import Probe

if TYPE_CHECKING:  # each is imported in the function that uses it: none needs all of it
    from CTSpatialVQALib.anatomy.geometry_verdict import GeometryVerdict
    from CTSpatialVQALib.audit.verify import Verification
    from CTSpatialVQALib.benchmark.study import Study
    from CTSpatialVQALib.cli.finished_run import Run
    from CTSpatialVQALib.imaging.contract import Prepared
    from CTSpatialVQALib.language.grounding import Grounding
    from CTSpatialVQALib.reading.merge import Merged
    from CTSpatialVQALib.records.judgement import Score
    from CTSpatialVQALib.records.text import Claim
    from CTSpatialVQALib.volumes.anatomy_mask import AnatomyMask
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

__all__ = [
    "BadInput",
    "WorkFailed",
    "check_answer",
    "claims",
    "ground",
    "merge",
    "open_run",
    "open_study",
    "prepare",
    "read_ct",
    "read_mask",
    "run",
    "score_answer",
    "verify",
    "write_demo_study",
    "write_report",
]

AnyPath = str | os.PathLike[str]


def write_demo_study(folder: AnyPath, size: Literal["tiny", "demo"] = "demo") -> Path:
    """Write the demo study: phantom patients, questions with true answers, and a flawed model's answers.

    Parameters
    ----------
    folder : is made if it is not there
    size : `tiny` makes coarse phantoms in seconds

    Returns the path of the study file.

    Examples
    --------
    >>> write_demo_study("demo", size="tiny").name
    'study.toml'
    """
    from CTSpatialVQALib.demo import study

    return study.write_demo_study(Path(folder), size)


def open_study(path: AnyPath) -> Study:
    """Open a study file: cases, questions, answers to read, reading rules.

    Parameters
    ----------
    path : the TOML file, see docs/study-file.md

    Raises
    ------
    BadInput
        Naming the file, the place and what to do.

    Examples
    --------
    >>> study = open_study("demo/study.toml")
    >>> study
    Study 'phantoms-tiny': 5 cases, 40 questions, backends anatomy, prior, demo-flawed
    >>> study.questions[0].text
    'In which lobe is the pulmonary nodule located?'
    """
    from CTSpatialVQALib.benchmark.study import load_study

    return load_study(Path(path))


def read_ct(path: AnyPath, *, series: str | None = None) -> OrientedVolume:
    """Read a CT (NIfTI, NRRD, MetaImage, a DICOM series) with its axes to patient right, anterior, superior.

    Parameters
    ----------
    series : of a DICOM folder, its SeriesInstanceUID or number

    Returns
    -------
    `hu`: (R, A, S) int16 array, Hounsfield units; `grid`: its place in RAS mm; `notes`: what is odd.

    Raises
    ------
    BadInput
        If the file cannot be read as a CT with a place in the patient.

    Examples
    --------
    >>> ct = read_ct("demo/ct/phantom-01.nii.gz")
    >>> ct.hu.ndim, ct.hu.dtype.name
    (3, 'int16')
    >>> ct  # doctest: +ELLIPSIS
    CT of ... voxels, ... mm, ... to ... HU, stored as ...
    """
    from CTSpatialVQALib.volumes.oriented_volume import OrientedVolume

    return OrientedVolume.from_file(Path(path), series=series)


def read_mask(path: AnyPath, ct: OrientedVolume | None = None) -> AnatomyMask:
    """Read an anatomy mask: a TotalSegmentator file or folder, or a Slicer or DICOM segmentation.

    Parameters
    ----------
    ct : the CT that it belongs to; a mask on another grid is refused

    Raises
    ------
    BadInput
        If it is no mask, or does not fit the CT.

    Examples
    --------
    >>> mask = read_mask("demo/masks/phantom-01.nii.gz", read_ct("demo/ct/phantom-01.nii.gz"))
    >>> "liver" in mask.names.values()
    True
    """
    from CTSpatialVQALib.volumes import anatomy_mask

    return anatomy_mask.read_mask(Path(path), grid=None if ct is None else ct.grid)


def ground(question: str, reference: str | None = None) -> Grounding:
    """Find the anatomy that a question, and its reference answer, speak of.

    Returns
    -------
    Names of TotalSegmentator classes, and regions without a class of their own.

    Examples
    --------
    >>> ground("Which lobe of the left lung is consolidated?", "The lower lobe.").answer_structures
    ('lung_lower_lobe_left',)
    """
    from CTSpatialVQALib.language import grounding

    return grounding.ground(question, reference)


def claims(text: str) -> tuple[Claim, ...]:
    """Read the spatial statements of a text: structures, sides, levels, depths, polarity.

    Examples
    --------
    >>> (claim,) = claims("There is a nodule in the left upper lobe.")
    >>> claim.structures
    ('lung_upper_lobe_left',)
    >>> [str(side) for side in claim.sides]
    ['left']
    """
    from CTSpatialVQALib.language.propositions import parse_claims

    return parse_claims(text)


def score_answer(
    question: str, reference: str, answer: str, *, question_id: str = "question", strict: bool = False
) -> Score:
    """Judge an answer by rule, at the level that its question asks for.

    Parameters
    ----------
    answer : as the model gave it; leaked prompts, markers and run-on dialogue are cut first
    strict : right only if every detail of the reference is there and none is added

    Returns
    -------
    `correct`: True, False, or None where the rules cannot decide; `error_type` and `reason` in words.

    Raises
    ------
    BadInput
        If the answer is blank: that is no answer, not a wrong one.

    Examples
    --------
    >>> score_answer("Which lung has the nodule?", "The left lung.", "It is in the right lung.").correct
    False
    >>> score_answer("Which lung has the nodule?", "The left lung.", "Left.").correct
    True
    """
    from CTSpatialVQALib.scoring import rules

    return rules.score_answer(question, reference, answer, question_id=question_id, strict=strict)


def check_answer(question: str, answer: str, mask: AnatomyMask) -> GeometryVerdict:
    """Hold an answer against the anatomy of a patient's mask, whatever the reference says.

    Returns
    -------
    `standing`: supported, contradicted or undecidable, with what was `measured`.

    Examples
    --------
    >>> mask = read_mask("demo/masks/phantom-01.nii.gz")
    >>> check_answer("On which side is the liver?", "On the left side.", mask).standing.value
    'contradicted'
    """
    from CTSpatialVQALib.anatomy import geometry_check

    return geometry_check.check_answer(question, answer, mask)


def prepare(ct: OrientedVolume, contract: str, probe: str = "full") -> Prepared:
    """Make exactly the array that a model receives of a CT, with the record of it.

    Parameters
    ----------
    contract : name of the model's input contract: m3d, med3dvlm, merlin, medgemma, slices and more
    probe : full, text_only, single_slice, mirrored or shuffled

    Raises
    ------
    BadInput
        If there is no such contract or probe, or the probe needs more than the CT.

    Examples
    --------
    >>> shown = prepare(read_ct("demo/ct/phantom-01.nii.gz"), "m3d")
    >>> shown.array.shape
    (1, 1, 32, 256, 256)
    >>> shown
    Prepared for m3d version 2, probe full: 1 x 1 x 32 x 256 x 256 float32
    """
    from CTSpatialVQALib.imaging.contract_catalogue import contract_named
    from CTSpatialVQALib.imaging.probes import probed

    return probed(contract_named(contract), ct, _probe(probe))


def run(
    study: Study,
    out: AnyPath,
    *,
    backends: Sequence[str] = (),
    probes: Sequence[str] = (),
    consent: Sequence[str] = (),
    workers: int | None = None,
) -> Run:
    """Ask a study's questions; what has a settled reply is not asked again.

    Parameters
    ----------
    out : folder of the run: replies and audit log
    backends : names of those that the study declares; all of them if empty
    probes : controlled changes of what is shown; those of the study if empty
    consent : hosts that pixels and questions may be sent to
    workers : parallel requests, for servers that take several

    Raises
    ------
    BadInput
        If the study does not declare a backend, or a host was not consented to.
    WorkFailed
        If the run could not be written.

    Examples
    --------
    >>> answered = run(open_study("demo/study.toml"), "demo-run", backends=["demo-flawed"])
    >>> answered.summary[0].name
    'demo-flawed'
    """
    from CTSpatialVQALib.cli.backend_factory import backends_of
    from CTSpatialVQALib.cli.consent_options import GivenConsent, require_consents
    from CTSpatialVQALib.cli.demo_job import AskOptions, QuestionSelection, RunFolder, ask_study
    from CTSpatialVQALib.cli.finished_run import Run
    from CTSpatialVQALib.cli.run_folders import gather

    given = GivenConsent(consent)
    asked = backends_of(study, backends, consent=given, workers=workers)
    require_consents(asked)
    folder = RunFolder(Path(out))
    options = AskOptions(QuestionSelection(), workers, tuple(given.used))
    ask_study(study, asked, folder, tuple(map(_probe, probes)) or study.reading.probes, options)
    return Run(folder.path, gather([folder], [study.path]))


def open_run(folder: AnyPath) -> Run:
    """Open the folder of a run.

    Raises
    ------
    BadInput
        If it holds no run.

    Examples
    --------
    >>> print(open_run("demo-run"))  # doctest: +ELLIPSIS
    Run in demo-run
    demo-flawed  ...
    """
    from CTSpatialVQALib.cli.demo_job import RunFolder
    from CTSpatialVQALib.cli.finished_run import Run
    from CTSpatialVQALib.cli.run_folders import gather

    run_folder = RunFolder(Path(folder))
    return Run(run_folder.path, gather([run_folder]))


def write_report(runs: Sequence[Run], out: AnyPath, *, logs: Sequence[AnyPath] = ()) -> Path:
    """Write one self-contained HTML report of runs.

    Parameters
    ----------
    logs : readers' logs whose verdicts are told beside the scores

    Returns the path of the file.

    Examples
    --------
    >>> write_report([open_run("demo-run")], "report.html").name
    'report.html'
    """
    from CTSpatialVQALib.cli import report_from_runs
    from CTSpatialVQALib.cli.demo_job import RunFolder

    folders = [RunFolder(item.folder) for item in runs]
    report_from_runs.write_report(folders, Path(out), logs=[Path(log) for log in logs])
    return Path(out)


def verify(log: AnyPath, anchor: str | None = None, *, public_key: AnyPath | None = None) -> Verification:
    """Check an audit log: its database, its chain, an anchor kept elsewhere, a signature.

    Parameters
    ----------
    anchor : `number:digest` as it was printed earlier
    public_key : file with the signer's public key, from the signer

    Returns
    -------
    `trust`: consistent, anchored or signed; None with the `problem` if the log does not hold.

    Examples
    --------
    >>> checked = verify("demo-run/audit.sqlite")
    >>> checked  # doctest: +ELLIPSIS
    Verification: consistent, 8... records, anchor 8...
    >>> str(verify("demo-run/audit.sqlite", checked.head.anchor).trust)
    'anchored'
    """
    from CTSpatialVQALib.audit import verify as verification
    from CTSpatialVQALib.audit.signing import load_public_key

    key = None if public_key is None else load_public_key(Path(public_key))
    return verification.verify(Path(log), anchor, key=key)


def merge(logs: Sequence[AnyPath], out: AnyPath) -> Merged:
    """Put several readers' logs into one new log, every record checked.

    Raises
    ------
    BadInput
        If a log does not hold, or two contradict each other.

    Examples
    --------
    >>> merge(["demo-run/audit.sqlite"], "merged.sqlite").head.seq > 40
    True
    """
    from CTSpatialVQALib.reading.merge import merge_logs

    return merge_logs([Path(log) for log in logs], Path(out))


def _probe(name: str) -> Probe:
    if name in set(Probe):
        return Probe(name)
    raise BadInput("probe", expected=", ".join(Probe), came=repr(name), remedy="Choose one of them")
