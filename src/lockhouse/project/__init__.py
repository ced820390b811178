"""The composition root: a project's folder, and everything that works on its environments."""

from lockhouse.project.project import Project

__all__ = ["Project"]
