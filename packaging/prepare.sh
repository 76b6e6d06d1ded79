# Sourced by `run` and `test`: finds or installs what they need. POSIX shell only, because a fresh machine has no more.

say() {
    printf '%s\n' "$*" >&2
}

# Sets as_root to what comes before a command that needs root; ends the script, with the line to type, if nothing can.
need_root() {
    line=$1
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as_root=sudo
    else
        say "This needs root, and there is no sudo to ask. As root, type this and start again:"
        say "    $line"
        exit 3
    fi
}

# apt_install WHY PACKAGE...
apt_install() {
    why=$1
    shift
    if ! command -v apt-get >/dev/null 2>&1; then
        say "$why is missing, and there is no apt-get here. The packages are called on Debian: $*"
        exit 3
    fi
    line="apt-get update && apt-get install --no-install-recommends --yes $*"
    need_root "$line"
    say "Installing for $why (the only step that needs root): $*"
    log=$(mktemp)
    if ! { $as_root apt-get -q update &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install --no-install-recommends --yes "$@"; } \
        </dev/null >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        say "That failed. As root, try: $line"
        exit 3
    fi
    rm -f "$log"
}

usable_python() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Sets python to one of 3.11 to 3.13 that can make environments.
find_python() {
    python=
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && usable_python "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        apt_install "Python" python3 python3-venv
        python=python3
        if ! usable_python "$python"; then
            say "Python 3.11 to 3.13 is needed; this system's is $("$python" -V 2>&1). Install one and start again."
            exit 3
        fi
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        apt_install "Python environments" "$version-venv"
    fi
}

# What Qt links to for the display that is there, as labeler/preflight.py finds it missing.
install_system_libraries() {
    missing=$("$python" labeler/preflight.py)
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086 # one package to a word
        apt_install "Qt's system libraries" $missing
    fi
}

fingerprint() {
    "$python" - "$@" <<'PYTHON'
import hashlib, sys
digest = hashlib.sha256(sys.version.encode())
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        digest.update(file.read())
print(digest.hexdigest())
PYTHON
}

# make_environment DIRECTORY LOCK: the locked set with the program on it, made anew when one of them has changed.
make_environment() {
    stamp=$(fingerprint "$2" pyproject.toml)
    if [ "$(cat "$1/stamp" 2>/dev/null)" != "$stamp" ]; then
        say "Making $1 with $("$python" -V) and the locked packages of $2 (needs the network, not root)"
        rm -rf "$1"
        "$python" -m venv "$1"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
            --requirement "$2"
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
        printf '%s\n' "$stamp" >"$1/stamp"
    fi
    python=$PWD/$1/bin/python
}
