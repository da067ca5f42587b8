#!/usr/bin/env bash
# Make .venv from requirements.lock, and install what the grader's jail needs. It asks no questions, and a second run costs nothing.
#
#   scripts/setup.sh              `make setup`: ends with the level of confinement that this machine gives
#   scripts/setup.sh --if-needed  before every other target: silent if everything is done
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

readonly NEEDED='import sys; sys.exit(sys.version_info < (3, 11))'
readonly STAMP=.venv/.stamp
changed=no

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# Print a digest of what .venv was made from, and where. A checkout that was moved or got a new lock is set up again.
key() {
    .venv/bin/python -I -S -c '
import hashlib, pathlib, sys
parts = [sys.argv[1].encode(), *(pathlib.Path(name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))]
print(hashlib.sha256(b"\0".join(parts)).hexdigest())
' "$PWD"
}

identity() { "$1" -I -S -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null; }

# Return whether .venv is here, runs, and is made with the Python that PYTHON names, if it names one.
is_sound() {
    .venv/bin/python -I -S -c "$NEEDED" 2>/dev/null && grep -qF " $PWD/.venv" .venv/pyvenv.cfg &&
        { [ -z "${PYTHON:-}" ] || [ "$(identity .venv/bin/python)" = "$(identity "$PYTHON")" ]; }
}

is_done() { [ -f "$STAMP" ] && is_sound && [ "$(key)" = "$(cat "$STAMP")" ]; }

# Print the first Python that runs and is new enough; PYTHON=… chooses another.
find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c "$NEEDED" >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

choose_python() {
    local found package
    if python=$(find_python); then
        :
    elif found=$("${PYTHON:-python3}" --version 2>&1); then
        fail "Python 3.11 or newer is needed; ${PYTHON:-python3} is $found." \
            "Install a newer one and say which: make setup PYTHON=python3.12"
    elif [ -z "${PYTHON:-}" ] && may_install && install python3 python3-venv; then
        python=$(find_python) || fail "Python 3.11 or newer is needed; this system's python3 is $(python3 --version)."
    else
        fail "Python 3.11 or newer is needed, and ${PYTHON:-python3} does not run. To get it:" "  $(how_to_install python3 python3-venv)"
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
        { may_install && install "$package" && "$python" -c 'import ensurepip, venv'; } ||
            fail "$python cannot make virtual environments (venv or ensurepip is missing). To mend it:" "  $(how_to_install "$package")"
    fi
}

make_environment() {
    echo "Making .venv with $("$python" --version) and the packages of requirements.lock (half a minute the first time)"
    [ ! -L .venv ] || rm .venv # remove only the link; it may lead to the environment of another checkout
    rm -f "$STAMP"
    is_sound && .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    local pip=(.venv/bin/python -m pip -qq --disable-pip-version-check --no-input install)
    "${pip[@]}" --require-hashes --requirement requirements.lock ||
        fail "the packages of requirements.lock could not be installed; pip's output is above." "Mend it (often: the network) and type it again."
    "${pip[@]}" --no-deps --no-build-isolation --editable . || fail "this project could not be installed into .venv; pip's output is above."
    key >"$STAMP.new"
    mv "$STAMP.new" "$STAMP"
}

# bubblewrap makes the jail, libseccomp2 writes its filter, git fetches students' pushes.
get_system_packages() {
    local missing=()
    command -v git >/dev/null || missing+=(git)
    if [ "$(uname -s)" = Linux ]; then
        command -v bwrap >/dev/null || missing+=(bubblewrap)
        .venv/bin/python -I -c 'import sys; from ctypes.util import find_library; sys.exit(find_library("seccomp") is None)' ||
            missing+=(libseccomp2)
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    if may_install && install "${missing[@]}"; then
        changed=yes
        return 0
    fi
    echo "Missing, and this script may not install it here: ${missing[*]}. Everything works without, but less confined. To mend it, type:"
    echo "  $(how_to_install "${missing[@]}")"
}

# The tests start a PostgreSQL server of their own. Debian's package would start another, for everybody on this machine: not asked for.
get_postgresql() {
    local conf=/etc/postgresql-common/createcluster.conf
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null && return 0
    if may_install; then
        [ -e "$conf" ] || { as_root mkdir -p "${conf%/*}" && echo "create_main_cluster = false" | as_root tee "$conf" >/dev/null; }
        if install postgresql; then
            return 0
        fi
    fi
    echo "PostgreSQL is missing: the gradebook's tests on it are skipped, and nothing else needs it. To get it, type:"
    echo "  $(how_to_install postgresql)"
}

tell_level() {
    local said
    if said=$(.venv/bin/grader doctor 2>&1); then
        echo "Ready. This machine grades in a jail of level 3, as grades that count need."
    else
        echo "$said"
        echo "Ready. The level of this machine is the highest that says yes above."
    fi
}

if is_done; then
    [ "${1:-}" = --if-needed ] && exit 0
else
    choose_python
    make_environment
    changed=yes
fi
get_system_packages
get_postgresql
if [ "$changed" = yes ]; then
    tell_level
else
    echo "Ready; there was nothing to do. \`make doctor\` says how well this machine confines submissions."
fi
