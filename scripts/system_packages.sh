#!/bin/sh
# Installs the system packages that rendering (`render`) or the tests (`test`) need and that are missing.
# As root on Debian and Ubuntu it installs; anywhere else it says what to run, and goes on: without them
# pictures are drawn without OpenGL, and the tests that need them are skipped with their reason.
set -eu

purpose="${1:?usage: system_packages.sh render|test}"
wanted="libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri"
id=""
like=""
os_release="${OS_RELEASE:-/etc/os-release}"
if [ -r "$os_release" ]; then
    # shellcheck source=/dev/null
    id="$(. "$os_release" && echo "${ID:-}")"
    # shellcheck source=/dev/null
    like="$(. "$os_release" && echo "${ID_LIKE:-}")"
fi

case "$purpose" in
    render) ;;
    test)
        wanted="$wanted cmake dicom3tools libcairo2 nodejs strace wordnet-base"
        # Qt, offscreen and under Xvfb, for the module's window
        wanted="$wanted libdbus-1-3 libfontconfig1 shared-mime-info libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0"
        wanted="$wanted libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0"
        wanted="$wanted libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 fonts-dejavu-core xvfb"
        if [ "$id" = ubuntu ]; then
            echo "Ubuntu's chromium package is a snap: for the browser tests install Chromium and chromedriver yourself."
        else
            wanted="$wanted chromium chromium-driver"
        fi
        ;;
    *)
        echo "system_packages.sh: expected render or test, but found '$purpose'" >&2
        exit 2
        ;;
esac

case " $id $like " in
    *" debian "* | *" ubuntu "*) ;;
    *)
        echo "This is neither Debian nor Ubuntu: going on without looking for system packages (wanted: OpenGL by EGL)."
        exit 0
        ;;
esac

missing=""
for package in $wanted; do
    case "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" in
        installed*) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some system packages are missing; going on without. To have them: sudo apt-get install$missing"
    exit 0
fi
echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of names
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
    echo "They could not be installed; going on without. Later: apt-get install$missing"
fi
