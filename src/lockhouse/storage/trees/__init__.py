"""The files of the project under test: which they are, what stands for their content, and a copy to build in."""
