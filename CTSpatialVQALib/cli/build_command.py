"""`ctspatialvqa build`: from reports to a validated benchmark."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli import build_assess, build_audit, build_generate, build_release, build_validate
from CTSpatialVQALib.cli.arguments import Commands

_EXAMPLES = """\
examples:
  ctspatialvqa build assess benchmark.json --out findings.html     (no model needed)
  ctspatialvqa build STEP --help                                   (each step has its own)"""
# in the order in which a benchmark comes about; the last is for benchmarks that exist
STEPS = (build_generate, build_validate, build_audit, build_release, build_assess)


def add(commands: Commands) -> None:
    """Add the command's parser with those of its steps."""
    parser = commands.add_parser(
        "build",
        help="make, check and release a set of questions",
        description="Make, check and release a set of questions: generate, validate, audit, release, assess.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True)
    for step in STEPS:
        step.add(steps)
