#!/bin/sh
# Creates or refreshes .venv for `demo` or `test`; does nothing when it is already as the files say.
set -eu

cd "$(dirname "$0")/.."
purpose="${1:?usage: environment.sh demo|test}"
python="${PYTHON:-python3}"

fail() {
    echo "ctspatialvqa: $1" >&2
    exit 1
}

case "$purpose" in
    demo) extras="scene" ;;
    test) extras="scene,metrics,sbert,local,test" ;;
    *) fail "environment.sh: expected demo or test, but found '$purpose'" ;;
esac

command -v "$python" >/dev/null 2>&1 ||
    fail "no '$python' here: install Python 3.11 or later, or name one with: make PYTHON=/path/to/python3.12 ..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "'$python' is $("$python" -c 'import platform; print(platform.python_version())'), but 3.11 or later is needed: make PYTHON=python3.12 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "'$python' cannot make virtual environments: on Debian or Ubuntu run: sudo apt-get install python3-venv"

# Scripts in .venv carry its absolute path and work for one Python: a moved checkout or another Python
# needs a new .venv; changed requirements need pip only.
made_with="$(pwd) $("$python" -c 'import platform, sys; print(platform.python_version(), sys.base_prefix)')"
state() {
    echo "$made_with $1"
    cat pyproject.toml constraints.txt scripts/environment.sh CTSpatialVQALib/__init__.py
}
now="$(state "$extras" | cksum)"
now_test="$(state scene,metrics,sbert,local,test | cksum)"
had="$(cat .venv/.made-for 2>/dev/null || true)"
# what was made for the tests also serves the demo
if [ "$had" = "$now" ] || [ "$had" = "$now_test" ]; then
    exit 0
fi

echo "Preparing .venv for '$purpose' (a few minutes the first time) ..."
had_with="$(cat .venv/.made-with 2>/dev/null || echo "$made_with")"
if [ "$had_with" != "$made_with" ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    rm -rf .venv
    "$python" -m venv .venv || fail "'$python -m venv .venv' failed; its reason stands above"
fi
rm -f .venv/.made-for
echo "$made_with" >.venv/.made-with
install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$@" ||
        fail "packages could not be installed; pip's reason stands above (is the package index reachable?)"
}
# Build backends come first and pinned: an isolated build would fetch any version of them. rouge-score has no
# wheel; setuptools from 70.1 on builds one by itself, and a new Python 3.12 environment has none at all.
install hatch-fancy-pypi-readme hatchling setuptools
install --no-build-isolation --editable ".[$extras]"
echo "$now" >.venv/.made-for
