"""Compiled templates beside Python's compiled modules: compiling takes half of a page's time."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import FileSystemBytecodeCache  # noqa: TID253 - imported with the templates alone

if TYPE_CHECKING:
    from jinja2.bccache import Bucket


class TemplateCache(FileSystemBytecodeCache):
    """Keeps compiled templates where Python keeps compiled modules, under the same conditions.

    Of each it keeps the digest of its source: one that changed is compiled again. Where nothing can
    be written, everything works as without it.
    """

    def __init__(self) -> None:
        """Use the folder of this package's compiled modules."""
        super().__init__(str(Path(cache_from_source(__file__)).parent), "template-%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template that was compiled before."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template, unless Python was told to keep nothing."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
