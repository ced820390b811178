"""What resolvers and installers both need to know of the tools underneath: where they are, how they are started."""
