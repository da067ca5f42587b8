"""Check every request and answer against GitHub's OpenAPI description, and complete answers from it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

DESCRIPTION = Path(__file__).parents[1] / "contract" / "github.json"
# GitHub may answer these to any operation, whether or not the operation lists them
ANYWHERE = {401, 403, 404, 429, 500, 502, 503}
_FORMATS = {"date-time": "2027-01-11T09:00:00Z", "uri": "https://example.invalid/", "email": "nobody@example.invalid"}


@cache
def description() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return {**document, "servers": [{"url": "http://github.invalid"}]}


@cache
def _openapi() -> OpenAPI:
    return OpenAPI.from_dict(description(), config=Config(spec_validator_cls=None))


class ContractError(AssertionError):
    """Report a request or an answer that GitHub's description does not allow."""


def check_request(method: str, path: str, query: Mapping[str, str], body: bytes, content_type: str) -> None:
    request = _request(method, path, query, body, content_type)
    try:
        _openapi().validate_request(request)
    except OpenAPIError as error:
        raise ContractError(f"request {method} {path}: {_why(error)}") from error


def check_answer(method: str, template: str, path: str, query: Mapping[str, str], status: int, body: bytes) -> None:
    declared = description()["paths"][template][method.lower()]["responses"]
    if str(status) not in declared:
        if status in ANYWHERE:
            return
        raise ContractError(f"answer to {method} {path}: {status} is not among {', '.join(declared)}")
    answer = MockResponse(body or None, status_code=status, content_type="application/json" if body else "")  # type: ignore[arg-type]
    try:
        if body:
            _openapi().validate_response(_request(method, path, query, b"", ""), answer)
    except OpenAPIError as error:
        raise ContractError(f"answer {status} to {method} {path}: {_why(error)}") from error


def _request(method: str, path: str, query: Mapping[str, str], body: bytes, content_type: str) -> MockRequest:
    return MockRequest(
        "http://github.invalid",
        method.lower(),
        path,
        args=dict(query),
        data=body or None,
        content_type=content_type or "application/json",
    )


def _why(error: BaseException) -> str:
    """Describe the error and its causes, because the outermost error only says that something is invalid."""
    parts = [str(error)]
    cause = error.__cause__
    while cause is not None:
        parts.append(str(cause)[:500])
        parts += [f"{'.'.join(map(str, one.absolute_path))}: {one.message}"[:500] for one in _schema_errors(cause)]
        cause = cause.__cause__
    return " | ".join(dict.fromkeys(parts))


def _schema_errors(error: BaseException) -> list[Any]:
    return list(getattr(error, "schema_errors", []))


def complete(schema: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body of that schema.

    It has the known fields, and the emptiest allowed value for every other field that GitHub always sends.
    """
    filled: dict[str, Any] = _overlay(schema, known)
    return filled


@cache
def _empty(schema: str) -> Any:
    return _fill(description()["components"]["schemas"][schema])


def _overlay(schema: str, known: Mapping[str, Any]) -> Any:
    return {**copy.deepcopy(_empty(schema)), **known}


def _fill(schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return copy.deepcopy(_empty(schema["$ref"].rpartition("/")[2]))
    if schema.get("nullable"):
        return None
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return _fill(schema[several][0])
    if "allOf" in schema:
        return {key: value for part in schema["allOf"] for key, value in _fill(part).items()}
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "string":
            return _FORMATS.get(schema.get("format", ""), "")
        case "integer" | "number":
            return 0
        case "boolean":
            return False
        case "array":
            return []
    return {name: _fill(schema["properties"][name]) for name in schema.get("required", ())}
