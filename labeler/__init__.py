"""Label images by keyboard: a desktop, an async client and a data service that speak Viam's Data API."""

__version__ = "0.1.0"
