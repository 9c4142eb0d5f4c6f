"""Lines of Mosquitto's configuration: found, moved, and left where they were."""

from broker.mosquitto_config import Directive, directives, last_of, moved, plain

TEXT = """\
# a comment
listener 1883 127.0.0.1
allow_anonymous  false
password_file var/mosquitto/passwords

listener 8883
keyfile var/mosquitto/tls/broker.key
allow_anonymous true
"""


def test_a_directive_knows_its_line():
    assert list(directives(TEXT))[:2] == [
        Directive(2, "listener", "1883 127.0.0.1"),
        Directive(3, "allow_anonymous", "false"),
    ]


def test_of_two_lines_with_one_name_the_last_counts():
    assert str(last_of(TEXT)["allow_anonymous"]) == "allow_anonymous true"


def test_a_moved_configuration_has_its_files_elsewhere_and_its_lines_in_place():
    there = moved(TEXT, "/tmp/copy", 1999, user="root")  # noqa: S108 - a name, not a file
    assert next(directives(there)) == Directive(2, "listener", "1999 127.0.0.1")
    assert last_of(there)["password_file"] == Directive(
        4,
        "password_file",
        "/tmp/copy/passwords",  # noqa: S108
    )
    assert last_of(there)["user"].value == "root"


def test_a_plain_configuration_has_one_listener_and_no_tls():
    names = [each.name for each in directives(plain(TEXT))]
    assert names == ["listener", "allow_anonymous", "password_file", "allow_anonymous"]
    assert len(plain(TEXT).splitlines()) == len(TEXT.splitlines())
