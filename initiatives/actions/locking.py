"""Holding an initiative while something about it is decided: of two who act at once, the later one is answered."""

from initiatives.models import Initiative


def held(initiative: Initiative) -> Initiative:
    """As it is now, with its owner and unit, and until the transaction ends. Call it inside one."""
    return Initiative.objects.select_related("owner", "unit").select_for_update(of=("self",)).get(pk=initiative.pk)
