"""The data client: every call of Viam's Data Client API, under the reference's names."""

from __future__ import annotations

from labeler.client.binary_data import BinaryDataCalls
from labeler.client.boxes import BoxCalls
from labeler.client.database import DatabaseCalls
from labeler.client.datasets import DatasetCalls
from labeler.client.tabular_data import TabularDataCalls
from labeler.client.tabular_row import TabularData as _TabularData
from labeler.client.tags import TagCalls
from labeler.client.uploads import UploadCalls


class DataClient(TabularDataCalls, BinaryDataCalls, TagCalls, BoxCalls, DatasetCalls, UploadCalls, DatabaseCalls):
    """Upload, find, label and delete data over one connection; `ViamClient.data_client` is one.

    Every call may raise GRPCError, and ValueError or TypeError that begin with an argument's name before
    anything is sent. Nothing is retried, but for one repetition after a new sign-in.
    """

    TabularData = _TabularData
