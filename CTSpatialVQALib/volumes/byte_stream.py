"""The bytes of an image file, plain or packed, counted: all that were promised, or a refusal."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

from CTSpatialVQALib.errors import BadInput
from CTSpatialVQALib.files import require_regular_file

Packing = Literal["", "gzip", "zlib"]
GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 18  # small enough for the processor's cache, as is what it unpacks to
_PIECE = 1 << 20
_MAX_TRAILING = 1 << 20  # some writers pad; more than this is another image
_WINDOW = {"gzip": 31, "zlib": 15}  # zlib's codes for "gzip header" and "zlib header"


class DataPlace(NamedTuple):
    """Where the samples of an image lie.

    Parameters
    ----------
    path : the file, which need not be the one with the header
    file_offset : bytes of the file before the samples or, if they are packed, before the packed data
    unpacked_offset : bytes before the first sample after unpacking
    """

    path: Path
    file_offset: int = 0
    packing: Packing = ""
    unpacked_offset: int = 0


class ByteStream:
    """The next bytes of a plain or packed file: as many as asked for, or a refusal.

    ITK fills what a truncated file lacks with zeros without a word; half a patient would be measured.
    """

    def __init__(self, path: Path, stream: BinaryIO, packing: Packing, size_on_disk: int) -> None:
        self.path = path
        self.packing = packing
        self.size_on_disk = size_on_disk
        self._pieces = self._unpacked(stream) if packing else iter(lambda: stream.read(_CHUNK), b"")
        self._left = memoryview(b"")

    def take(self, count: int) -> bytearray:
        """Exactly the next `count` bytes."""
        taken = bytearray(count)
        self.fill(memoryview(taken))
        return taken

    def fill(self, target: memoryview) -> None:
        """Fill `target` with the next bytes, or refuse the file as cut short."""
        at, size = 0, len(target)
        while at < size:
            # a view, because slicing bytes would copy every piece once more
            piece = self._left or memoryview(self._next())
            used = min(len(piece), size - at)
            target[at : at + used] = piece[:used]
            self._left = piece[used:]
            at += used

    def skip(self, count: int) -> None:
        """Pass over the next `count` bytes."""
        while count > 0:
            step = min(count, _PIECE)
            self.take(step)
            count -= step

    def finish(self) -> None:
        """Read on to the end, so that gzip's checksum is compared; refuse a long tail."""
        extra = len(self._left) + sum(len(piece) for piece in self._bounded_tail())
        if extra > _MAX_TRAILING:
            raise self._refuse("no more data than the header claims", "more data after the last voxel")

    def _bounded_tail(self) -> Iterator[bytes]:
        seen = 0
        for piece in self._pieces if self.packing else ():
            seen += len(piece)
            yield piece
            if seen > _MAX_TRAILING:
                return

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        if not piece:
            raise self._refuse("a complete file", "one that is cut short")
        return piece

    def _unpacked(self, stream: BinaryIO) -> Iterator[bytes]:
        """Pieces of at most 1 MiB; gzip files may be several streams one after the other, then zeros."""
        unpacking = _fastest_inflate()
        unpacker, pending = None, b""
        while pending or (pending := stream.read(_CHUNK)):
            if unpacker is None:
                pending = pending.lstrip(b"\0")
                unpacker = unpacking.decompressobj(wbits=_WINDOW[self.packing]) if pending else None
                continue
            try:
                piece = unpacker.decompress(pending, _PIECE)
            except unpacking.error as error:
                raise self._refuse(f"sound {self.packing} data", f"damaged data ({error})") from error
            pending = unpacker.unconsumed_tail
            if unpacker.eof:
                pending, unpacker = unpacker.unused_data, None
            if piece:
                yield piece
            if unpacker is None and self.packing == "zlib":  # one stream only; padding may follow
                return
        if unpacker is not None:
            raise self._refuse(f"complete {self.packing} data", "a file that is cut short")

    def _refuse(self, expected: str, came: str) -> BadInput:
        return BadInput(self.path, expected=expected, came=came, remedy="Copy or convert the file again")


@contextmanager
def opened(place: DataPlace) -> Iterator[ByteStream]:
    """The bytes from the first sample on."""
    require_regular_file(place.path, expected="an image file")
    with place.path.open("rb") as stream:
        size = stream.seek(0, 2) - place.file_offset
        stream.seek(place.file_offset)
        source = ByteStream(place.path, stream, place.packing, max(size, 0))
        source.skip(place.unpacked_offset)
        yield source


def packing_of(stream: BinaryIO) -> Packing:
    """Whether gzip data begins here; the position stays."""
    at = stream.tell()
    packing: Packing = "gzip" if stream.read(2) == GZIP_MAGIC else ""
    stream.seek(at)
    return packing


@cache
def _fastest_inflate() -> Any:  # noqa: ANN401 - a module of zlib's interface
    """Intel's ISA-L where the package `isal` is installed: half of the time."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib
