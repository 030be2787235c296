"""Who released, as the records say it."""

import getpass
import socket

from shipway.actions.who import who


def test_a_person_is_known_by_their_login_and_their_machine() -> None:
    assert who({}) == f"{getpass.getuser()} on {socket.gethostname()}"


def test_a_github_job_is_known_by_who_began_it() -> None:
    assert who({"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ann"}) == "ann on GitHub"


def test_a_variable_alone_makes_nobody_a_github_job() -> None:
    assert who({"GITHUB_ACTOR": "ann"}) == who({})
