"""How a page answers when an action has said no."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied

from initiatives.actions.refusals import NotAllowed, Overtaken, Refused


def status_of(refused: Refused) -> int:
    """409 when somebody was first, 422 for what is to be put right. Raises PermissionDenied for what is not theirs."""
    if isinstance(refused, NotAllowed):
        raise PermissionDenied(str(refused)) from refused
    return HTTPStatus.CONFLICT if isinstance(refused, Overtaken) else HTTPStatus.UNPROCESSABLE_ENTITY
