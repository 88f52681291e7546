"""The JSON shapes of Sundsvall's `company` and `employee` services, as rows like those of a CSV file.

Only the fields named here are looked at; a personal identity number in the file is never touched.
"""

from collections.abc import Iterator
from typing import Any

from kommun.imports.reading import Row, json_row

NOT_AN_OBJECT = "it is not an object"
TOP, SECOND = 1, 2  # levels of the tree


def unit_rows(document: Any) -> Iterator[Row]:
    """Organisations as a flat list, or nested under `organizations`; numbered from the top of the file."""
    for number, (organisation, above) in enumerate(_walk(_listed(document, "organizations"), None), start=1):
        if not isinstance(organisation, dict):
            yield Row(number, {}, NOT_AN_OBJECT)
            continue
        stated = organisation.get("parentId")
        yield json_row(
            number,
            "unit_code",
            {
                "unit_code": organisation.get("orgId"),
                "unit_name": organisation.get("orgName"),
                "parent_code": above if stated is None else stated,
                "kind": _kind(organisation),
            },
        )


def employee_rows(document: Any) -> Iterator[Row]:
    """One row for each employment of each person; rows of the same person have the same number."""
    for number, person in enumerate(_listed(document, "employees"), start=1):
        if not isinstance(person, dict):
            yield Row(number, {}, NOT_AN_OBJECT)
            continue
        employments = person.get("employments") or [{}]
        if not isinstance(employments, list) or not all(isinstance(employment, dict) for employment in employments):
            yield Row(number, {}, "its employments are not a list", frozenset({str(person.get("personId"))}))
            continue
        for employment in employments:
            yield json_row(number, "employee_id", _employment(person, employment))


def _listed(document: Any, key: str) -> list[Any]:
    """The list itself, a list under a key, or one single object."""
    if isinstance(document, dict) and "orgId" not in document and isinstance(document.get(key), list):
        return list(document[key])
    return document if isinstance(document, list) else [document]


def _walk(organisations: list[Any], above: object) -> Iterator[tuple[Any, object]]:
    for organisation in organisations:
        yield organisation, above
        below = organisation.get("organizations") if isinstance(organisation, dict) else None
        if isinstance(below, list):
            yield from _walk(below, organisation.get("orgId"))


def _kind(organisation: dict[str, Any]) -> str:
    level = organisation.get("treeLevel")
    if level == TOP:
        return "municipality"
    if organisation.get("isLeafLevel") is True:
        return "unit"
    return "department" if level == SECOND else "division"


def _employment(person: dict[str, Any], employment: dict[str, Any]) -> dict[str, object]:
    account = _account(person, employment)
    return {
        "employee_id": person.get("personId"),
        "given_name": person.get("givenname"),
        "family_name": person.get("lastname"),
        "protected": person.get("isClassified"),
        "email": account.get("emailAddress"),
        "login": account.get("loginname"),
        "unit_code": employment.get("orgId"),
        "title": employment.get("title"),
        "is_main": employment.get("isMainEmployment"),
        "is_manager": employment.get("isManager"),
        "start_on": employment.get("startDate"),
        "end_on": employment.get("endDate"),
    }


def _account(person: dict[str, Any], employment: dict[str, Any]) -> dict[str, Any]:
    """The account that belongs to the main employment's company, else the first: the same one for every row."""
    listed = person.get("accounts")
    accounts = [account for account in listed if isinstance(account, dict)] if isinstance(listed, list) else []
    employments = person.get("employments") or []
    main = next((row for row in employments if row.get("isMainEmployment")), employment if not employments else {})
    same = [account for account in accounts if account.get("companyId") == main.get("companyId")]
    return next(iter(same + accounts), {})
