# Install Debian packages, but only without a question: as root, or with a sudo that needs no password.
# Sourced by setup.sh and allow-bubblewrap.sh.

is_root() { [ "$(id -u)" -eq 0 ]; }

may_be_root() { is_root || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }

as_root() { if is_root; then "$@"; else sudo -n "$@"; fi; }

may_install() { command -v apt-get >/dev/null && may_be_root; }

# Print the command to type by hand on this kind of machine.
how_to_install() {
    if command -v apt-get >/dev/null; then
        echo "sudo apt-get update && sudo apt-get install -y $*"
    else
        echo "install these with your system's package manager (Debian's names): $*"
    fi
}

quiet_apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -qq "$@" </dev/null; }

# install PACKAGE…  Returns 1 and shows apt's output if it fails.
install() {
    local log
    log=$(mktemp)
    echo "Installing Debian packages: $*"
    if { quiet_apt update || echo "apt-get update had trouble; continuing with the present lists"; } >"$log" 2>&1 &&
        quiet_apt install -y --no-install-recommends "$@" >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 15 "$log" >&2
    rm -f "$log"
    return 1
}
