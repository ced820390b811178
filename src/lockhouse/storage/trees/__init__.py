"""The files of the project under test: which they are, what stands for their content, and a copy to build in."""

from lockhouse.storage.trees.tree import ProjectTree, digest_again

__all__ = ["ProjectTree", "digest_again"]
