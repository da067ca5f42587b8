"""Run every attack of attacks.py in a jail. It keeps the points of its honest part, and the grader is unharmed."""

from __future__ import annotations

import socket

import pytest
from attacks import ATTACKS, Attack
from selection import first_of_each
from trial import CANARY, MAX_POINTS, Trial

from grader.grading.record import Outcome
from grader.reports.data import for_student_json
from grader.reports.markdown import for_student


def sort_of(attack: Attack) -> object:
    """What is graded differently: an attack at the call or at the import, with files beside it, or at its own cost."""
    return "def square" in attack.code, bool(attack.files), attack.exactly


@pytest.mark.parametrize("attack", first_of_each(ATTACKS, lambda attack: attack.name, kind=sort_of))
def test_an_attack_earns_only_the_points_of_its_honest_part(trial: Trial, attack: Attack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        code = attack.code.replace("PORT", str(listener.getsockname()[1]))
        files = {"tinytorch/trial.py": code, **attack.files}
        attacked, honest = (graded.record for graded in trial.all_graded([trial.job("eve", files), trial.job("ada")]))
        with pytest.raises(BlockingIOError):
            listener.accept()  # no submission connected
    records = {record.student: record for record in (attacked, honest) if record is not None}
    record = records["eve"]
    assert records["ada"].points == MAX_POINTS  # the grade of another student, at the same time, is not affected
    assert Outcome.ERROR not in {check.outcome for check in record.checks}
    assert record.complete
    if attack.exactly:
        assert record.points == attack.earns
    else:
        assert record.points <= attack.earns
    everything = record.to_json()
    assert "FOUND" not in everything
    assert CANARY not in everything
    for shown in (for_student(record), for_student_json(record)):
        assert "INPUTS" not in shown
        assert "<script>" not in shown
        assert "\x1b" not in shown
        assert not any(line.startswith("::") for line in shown.splitlines())


def test_links_and_devices_of_a_submission_are_left_out_and_named(trial: Trial) -> None:
    import os

    job = trial.job("links", {"tinytorch/trial.py": ATTACKS[0].code.replace("os._exit(0)", "")})
    package = trial.folder / "submissions" / "links" / "tinytorch"
    (package / "answers.py").symlink_to(trial.folder / "solutions" / "01_trial" / "test_trial.py")
    (package / "all").symlink_to(trial.folder / "solutions", target_is_directory=True)
    os.mkfifo(package / "pipe.py")
    (graded,) = trial.all_graded([job])
    assert graded.record is not None
    reasons = {ignored.path: ignored.reason for ignored in graded.record.ignored}
    assert reasons["tinytorch/answers.py"] == "a symbolic link"
    assert reasons["tinytorch/all"] == "a symbolic link"
    assert reasons["tinytorch/pipe.py"] == "not a regular file"
    assert graded.record.points == 3
