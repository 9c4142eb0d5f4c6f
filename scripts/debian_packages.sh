# Programs that system tests start: in CI, as root, the missing ones are installed from Debian;
# elsewhere they are named, and the tests that need them are skipped.

PATH="$PATH:/usr/sbin"
missing=""

need() { # package, and a program or file that shows it is there
    command -v "$2" >/dev/null 2>&1 || [ -e "$2" ] || missing="$missing $1"
}

need mosquitto mosquitto
need mosquitto-clients mosquitto_pub
need postgresql-15 /usr/lib/postgresql/15/bin/postgres
need chromium chromium
need cups-ipp-utils ippeveprinter
need cups-client lpstat
need dbus-daemon dbus-daemon
need victoria-metrics victoria-metrics
need fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

[ -n "$missing" ] || exit 0

if [ "$CI" = true ] && [ "$(id -u)" = 0 ]; then
    echo "Installing from Debian:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Some system tests will be skipped. To run them too: sudo apt-get install$missing"
fi
