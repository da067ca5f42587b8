"""Test the measurements in a record, and that the signature covers them."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError
from trial import SECRET, Trial

from grader.grading.record import Measurement, Record

STEP = {"name": "training step", "value": 0.012, "unit": "s", "reference": 0.04, "interval": (0.011, 0.013)}


def measured(record: Record, *measurements: dict[str, object]) -> Record:
    return Record.model_validate({**dict(record), "measurements": measurements})


def test_measurements_are_kept_and_signed(trial: Trial) -> None:
    record = measured(trial.grader().prepare(trial.job("ada")).blank, STEP).signed(SECRET)
    again = Record.model_validate_json(record.to_json())
    assert again.measurements == (Measurement.model_validate(STEP),)
    assert again.is_signed_by(SECRET)
    assert not measured(again, {**STEP, "value": 0.011}).is_signed_by(SECRET)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": math.inf}, "finite number"),
        ({"reference": math.nan}, "finite number"),
        ({"interval": (0.0, math.inf)}, "finite number"),
        ({"interval": (0.013, 0.011)}, "ends before it begins"),
        ({"name": ""}, "at least 1 character"),
    ],
)
def test_a_measurement_is_finite_and_its_interval_is_in_order(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Measurement.model_validate({**STEP, **change})


def test_two_measurements_with_the_same_name_are_refused(trial: Trial) -> None:
    with pytest.raises(ValidationError, match="two measurements have one name"):
        measured(trial.grader().prepare(trial.job("ada")).blank, STEP, STEP)
