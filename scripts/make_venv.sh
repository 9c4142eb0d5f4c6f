# Makes .venv from requirements.lock, or says in one line why it cannot.
# PYTHON names the interpreter; without it the first that is new enough is taken.

fail() {
    echo "make venv: $1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

cd "$(dirname "$0")/.." || exit 1

for python in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11 none; do
    is_new_enough "$python" && break
done
[ "$python" != none ] ||
    fail "Python 3.11 or newer is needed and was not found; install it, or name it: make PYTHON=/path/to/python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python lacks its venv module; on Debian and Ubuntu: apt-get install python3-venv"
[ -w . ] || fail "$PWD is read-only; make it writable or clone elsewhere"

if ! is_new_enough .venv/bin/python; then
    "$python" -m venv --clear .venv || fail "$python could not make .venv; its reason stands above"
fi
echo "Installing into .venv (about a minute) ..."
pip() { .venv/bin/python -m pip -qq --disable-pip-version-check "$@"; }
pip install --require-hashes -r requirements.lock ||
    fail "pip could not install requirements.lock; its reason stands above"
# setuptools comes from the lock, so nothing is fetched for the build.
pip install --no-deps --no-build-isolation --editable . ||
    fail "pip could not install the project itself; its reason stands above"
touch .venv/installed
