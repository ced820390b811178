"""Frozen values and pure rules: nothing here touches a disk, a network or a process."""
