"""The composition root: a project's folder, and everything that works on its environments."""

from lockhouse.project.project import Project, lock_command

__all__ = ["Project", "lock_command"]
