"""Decides which plugins may be started."""

from hostcore.hooks import hookimpl
from hostcore.manifest import Manifest


class OnlyDescribed:
    """Refuses plugins that do not say what they are for."""

    @hookimpl
    def hostcore_decide_admission(self, manifest: Manifest) -> str | None:
        """Return what is wrong, or None to leave the decision to the next one."""
        if not manifest.description:
            return f"it has no description: add one to {manifest.file.name}"
        return None
