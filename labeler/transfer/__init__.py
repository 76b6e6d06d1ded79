"""Bringing images and labels in and out: the same for the command line and the desktop."""
