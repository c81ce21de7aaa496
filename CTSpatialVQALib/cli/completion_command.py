"""`ctspatialvqa completion`: completion of commands and options in a shell."""

from __future__ import annotations

import argparse

from CTSpatialVQALib.cli.arguments import Commands, command
from CTSpatialVQALib.cli.console import emit_script
from CTSpatialVQALib.optional_packages import require_package

_EXAMPLES = """\
  ctspatialvqa completion bash > ~/.local/share/bash-completion/completions/ctspatialvqa
  ctspatialvqa completion zsh > ~/.zfunc/_ctspatialvqa         (with ~/.zfunc in fpath, before compinit)
  ctspatialvqa completion tcsh > ~/.ctspatialvqa.tcsh          (and source it in ~/.tcshrc)"""
_SHELLS = ("bash", "zsh", "tcsh")


def add(commands: Commands) -> None:
    """Add the command's parser."""
    parser = command(
        commands,
        "completion",
        run,
        summary="print what lets a shell complete commands and options",
        examples=_EXAMPLES,
    )
    parser.add_argument("shell", choices=_SHELLS)


def run(arguments: argparse.Namespace) -> int:
    """Print the script for the shell."""
    from CTSpatialVQALib.cli.main import parser  # the module that imports this one

    shtab = require_package("shtab", "Completion in a shell")
    emit_script(shtab.complete(parser(), arguments.shell))
    return 0
