"""Test that no score is shown if course.yaml does not account for some grades, and that the message says what to write."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from grader.course import Withdrawn
from grader.gradebook.gradebook import Gradebook
from grader.gradebook.lost_grades import Graded, LostGradesError, require_known

from .making import course, module, worth

TENSOR = Graded("tensor", students=2, points=(60,), checks=frozenset({"test_adds"}), capability="Tensors")


def told(*graded: Graded, checks_now: Mapping[str, frozenset[str]] = MappingProxyType({}), **facts: object) -> str:
    """Return the message for a course whose second module has these facts."""
    given = {"points_before": (), **facts}
    term = course(module(1, "setup", 20), module(2, str(given.pop("stem", "tensor")), 60, **given))
    with pytest.raises(LostGradesError) as error:
        require_known(graded or (TENSOR,), term, checks_now)
    return str(error.value)


def test_grades_in_a_written_module_with_the_same_points_are_accepted() -> None:
    require_known([TENSOR], course(), {"tensor": frozenset({"test_adds", "test_more"})})


def test_a_removed_module_with_grades_is_reported_with_what_to_write() -> None:
    message = told(stem="arrays")
    assert message.startswith("course.yaml: 2 students have grades in tensor, which is not a module of the course.")
    assert "`renamed_from: tensor`" in message
    assert '`  - {stem: tensor, reason: "…"}`' in message


def test_a_renamed_module_that_names_its_old_stem_is_accepted() -> None:
    require_known([TENSOR], course(module(1, "arrays", 60, renamed_from=("tensor",))), {})


def test_a_planned_module_with_grades_is_reported() -> None:
    assert "2 students have grades in tensor, which is planned. Remove `planned: true`." in told(planned=True)


def test_a_planned_module_with_grades_under_an_old_stem_is_reported_with_what_course_yaml_accepts() -> None:
    message = told(stem="arrays", planned=True, renamed_from=("tensor",))
    assert "take tensor out of `renamed_from`, and write `withdrawn:`" in message
    modules = (module(1, "setup", 20), module(2, "arrays", 60, planned=True))
    term = course(*modules).model_copy(update={"withdrawn": (Withdrawn(stem="tensor", reason="taken out"),)})
    require_known([TENSOR], term, {})


@pytest.mark.parametrize("planned", [True, False])
def test_a_withdrawn_module_is_not_reported(planned: bool) -> None:
    modules = (module(1, "setup", 20), module(2, "tensor" if planned else "other", 60, planned=planned))
    term = course(*modules).model_copy(update={"withdrawn": (Withdrawn(stem="tensor", reason="taken out"),)})
    require_known([TENSOR], term, {})


def test_changed_points_are_reported_until_the_old_points_are_named() -> None:
    eighty = Graded("tensor", 1, (60, 80), TENSOR.checks, TENSOR.capability)
    assert "tensor is worth 60 points, and 1 student has a grade out of 80. Write `points: 80` as before." in told(
        eighty
    )
    require_known([eighty], course(module(1, "tensor", 60, points_before=(80,))), {})


def test_another_module_under_the_same_stem_is_reported() -> None:
    """It has none of the checks, and another capability."""
    now = {"tensor": frozenset({"test_other"})}
    other = course(module(1, "tensor", 60)).modules[0].capability.model_copy(update={"name": "Others"})
    assert "the current suite has none of the checks behind these grades" in told(checks_now=now, capability=other)
    require_known([TENSOR], course(), now)


def test_records_under_an_earlier_stem_count_for_the_module() -> None:
    term = course(module(1, "setup", 20), module(2, "arrays", 60, renamed_from=("tensor",)))
    with Gradebook("sqlite://", renamed=term.renamed) as book:
        book.add(worth(50, module="tensor"))
        book.add(worth(40, module="arrays", input_digest="another", commit="b" * 40))
        (found,) = book.standings(term, {"ada": None})
        assert sorted(it.points for it in book.history("ada", "arrays")) == [40, 50]
        assert book.modules_of("ada") == ["arrays"]
    assert found.scores["arrays"] is not None
    assert found.total == 50


def test_the_gradebook_shows_no_standings_while_grades_would_be_lost() -> None:
    with Gradebook("sqlite://") as book:
        book.add(worth(50, module="tensor"))
        with pytest.raises(LostGradesError, match="1 student has a grade in tensor"):
            book.standings(course(module(1, "setup", 20)), {"ada": None})
