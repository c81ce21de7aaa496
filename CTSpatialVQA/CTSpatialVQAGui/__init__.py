"""The module's window: panels that show, controllers that act."""
