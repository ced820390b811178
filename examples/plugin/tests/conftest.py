pytest_plugins = ["lockhouse.testing.plugin"]
