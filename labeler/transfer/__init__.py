"""Bringing images and labels in and out: the same for the command line and the desktop."""

from labeler.transfer.exporting import ExportResult, export_images

__all__ = ["ExportResult", "export_images"]
