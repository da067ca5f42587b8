#!/usr/bin/env bash
# Let bubblewrap make user namespaces where AppArmor forbids them to ordinary users (Ubuntu 23.10 and later).
#
# It writes one profile, /etc/apparmor.d/bwrap, for /usr/bin/bwrap alone. If nothing has to be allowed, it says so
# and changes nothing. To undo it: sudo apparmor_parser -R /etc/apparmor.d/bwrap && sudo rm /etc/apparmor.d/bwrap
#
# SYSTEM_ROOT=folder: look for /sys, /proc and /etc there (for the tests).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

readonly ROOT="${SYSTEM_ROOT:-}"
readonly ENABLED="$ROOT/sys/module/apparmor/parameters/enabled"
readonly RESTRICTED="$ROOT/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
readonly PROFILE="$ROOT/etc/apparmor.d/bwrap"
readonly TEXT='# Lets bubblewrap make user namespaces; everything else about it stays as it is. Written by `make allow-bubblewrap`.
abi <abi/4.0>,
include <tunables/global>

profile bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,

  include if exists <local/bwrap>
}'

finish() {
    printf '%s\n' "$@"
    exit 0
}

fail() {
    printf 'allow-bubblewrap: %s\n' "$@" >&2
    exit 1
}

# Start a jail like the grader's around /bin/true, as an ordinary user.
bubblewrap_works() {
    local jail=(bwrap --unshare-all --unshare-user --disable-userns --uid 65534 --gid 65534 --cap-drop ALL
        --ro-bind / / --proc /proc --dev /dev -- /bin/true)
    if is_root; then
        setpriv --reuid 65534 --regid 65534 --clear-groups "${jail[@]}"
    else
        "${jail[@]}"
    fi
}

[ "$(cat "$ENABLED" 2>/dev/null)" = Y ] || finish "AppArmor is not active on this machine, so there is nothing to allow. Nothing was changed."
[ "$(cat "$RESTRICTED" 2>/dev/null)" = 1 ] || finish "AppArmor leaves user namespaces alone on this machine, so there is nothing to allow. Nothing was changed."

if ! command -v bwrap >/dev/null; then
    { may_install && install bubblewrap; } || fail "bubblewrap is not installed, and this script may not install it here. Type:" "  $(how_to_install bubblewrap)"
fi
if bubblewrap_works 2>/dev/null; then
    finish "bubblewrap already works for ordinary users. Nothing was changed."
fi

draft=$(mktemp)
trap 'rm -f "$draft"' EXIT
printf '%s\n' "$TEXT" >"$draft"
if [ -e "$PROFILE" ] && ! cmp -s "$draft" "$PROFILE"; then
    fail "$PROFILE exists and was not written by this script, so it stays as it is." "Let it allow \`userns,\` to /usr/bin/bwrap, then: sudo apparmor_parser -r -W $PROFILE"
fi
may_be_root || fail "this needs root. Type: sudo make allow-bubblewrap"
as_root cp "$draft" "$PROFILE"
as_root chmod 644 "$PROFILE"
as_root apparmor_parser -r -W "$PROFILE" || fail "AppArmor did not accept $PROFILE; its output is above."
bubblewrap_works || fail "AppArmor allows bubblewrap now, but it still does not start; its output is above."
finish "AppArmor lets bubblewrap make user namespaces now ($PROFILE)."
