"""The leaves of a log in memory: those of records in columns, a hundred bytes or so for each."""

from __future__ import annotations

import re
from array import array
from binascii import unhexlify
from bisect import bisect_left
from collections.abc import Collection, ItemsView, Iterable, Iterator, Mapping, ValuesView
from sys import intern
from typing import Any

DIGEST_BYTES = 32
MARK = "sha256:"
NO_DIGEST = bytes(DIGEST_BYTES)
REPEATED = ("collection", "connection", "kind", "stored_at")
"""The fields of versions that many leaves have in common."""
TEXT = r'"([^"\\\x00-\x1f]*)"'
NUMBER = "(?:0|[1-9][0-9]*)"
VERSION_LEAF = re.compile(
    rf'\{{"collection":{TEXT},"connection":{TEXT},"digest":"sha256:([0-9a-f]{{64}})",'
    rf'"endpoint":{TEXT},"key":{TEXT},"kind":{TEXT},"kind_version":{NUMBER},"leaf":"version",'
    rf'"observed_at":{TEXT},"page":{NUMBER},(?:"response_digest":{TEXT},)?"stored_at":{TEXT}'
    rf'(?:,"window_since":{TEXT},"window_until":{TEXT})?\}}'
)
"""The JSON of nearly all leaves, each name once. Others are read as JSON: that takes longer."""
ODD = b"?" * (DIGEST_BYTES + 1)
"""Begins the packed form of what is no digest: it is longer than one."""


def pack_digest(text: str) -> bytes:
    """Return the bytes of a digest; what has another form than ccm writes stays what it is."""
    if len(text) == len(MARK) + 2 * DIGEST_BYTES and text.startswith(MARK) and text.islower():
        try:
            packed = bytes.fromhex(text[len(MARK) :])
        except ValueError:
            packed = b""
        if len(packed) == DIGEST_BYTES:
            return packed
    return ODD + text.encode("utf-8", "surrogatepass")


def unpack_digest(packed: bytes) -> str:
    """Return the text of a packed digest."""
    if len(packed) == DIGEST_BYTES:
        return MARK + packed.hex()
    return packed[len(ODD) :].decode("utf-8", "surrogatepass")


class LeafTable(Mapping[int, Mapping[str, Any]]):
    """The leaves of one log by their index, in order; read the leaves that it returns only.

    Nearly all leaves state a version of a record: the key and the digest of each are in columns,
    and what they have in common is there once. Every other leaf is there as it is.
    """

    def __init__(self, leaves: Iterable[tuple[int, Mapping[str, Any]]] = ()) -> None:
        self.indexes = array("q")
        self.forms = array("q")
        """By leaf: the number of what it has in common with others; below zero: of a whole leaf."""
        self.common: list[tuple[str, ...]] = []
        self.whole: list[Mapping[str, Any]] = []
        self.numbers: dict[tuple[str, ...], int] = {}
        self.places = array("q")
        """Where the key of each leaf ends; that of the next one begins there."""
        self.keys_text = bytearray()
        self.digests = bytearray()
        for index, leaf in leaves:
            self.append(index, leaf)

    def append(self, index: int, leaf: Mapping[str, Any]) -> None:
        """Add a leaf behind the others."""
        packed = NO_DIGEST
        common = common_fields(leaf)
        if common is not None and "digest" in leaf:
            packed = pack_digest(leaf["digest"]) if type(leaf["digest"]) is str else b""
        if common is None or len(packed) != DIGEST_BYTES:
            packed = NO_DIGEST
            self.forms.append(-1 - len(self.whole))
            self.whole.append(share_texts(leaf))
        else:
            self.forms.append(self.number_of(common))
            self.keys_text += leaf["key"].encode("utf-8", "surrogatepass")
        self.digests += packed
        self.indexes.append(index)
        self.places.append(len(self.keys_text))

    def append_line(self, index: int, line: bytes) -> bool:
        """Add the leaf of a line, where it has the form of nearly all; return whether it has."""
        match = VERSION_LEAF.fullmatch(line.decode())
        if match is None:
            return False
        collection, connection, digest, _, key, kind, _, _, stored_at = match.groups()[:9]
        self.forms.append(self.number_of((collection, connection, kind, stored_at, "digest")))
        self.keys_text += key.encode()
        self.digests += unhexlify(digest)
        self.indexes.append(index)
        self.places.append(len(self.keys_text))
        return True

    def number_of(self, common: tuple[str, ...]) -> int:
        """Return the number of what some leaves have in common."""
        number = self.numbers.get(common)
        if number is None:
            number = self.numbers[common] = len(self.common)
            self.common.append(common)
        return number

    def at(self, place: int) -> Mapping[str, Any]:
        """Return the leaf at a place among the others."""
        form = self.forms[place]
        if form < 0:
            return self.whole[-1 - form]
        collection, connection, kind, stored_at, digest = self.common[form]
        leaf = {
            "leaf": "version",
            "collection": collection,
            "connection": connection,
            "kind": kind,
            "stored_at": stored_at,
            "key": self.key_at(place),
        }
        if digest:
            leaf["digest"] = self.digest_at(place)
        return leaf

    def key_at(self, place: int) -> str:
        """Return the key of the version at a place."""
        start = self.places[place - 1] if place else 0
        return self.keys_text[start : self.places[place]].decode("utf-8", "surrogatepass")

    def digest_at(self, place: int) -> str:
        """Return the digest of the version at a place."""
        start = place * DIGEST_BYTES
        return MARK + self.digests[start : start + DIGEST_BYTES].hex()

    def packed_at(self, place: int) -> bytes:
        """Return the packed digest of the version at a place."""
        start = place * DIGEST_BYTES
        return bytes(self.digests[start : start + DIGEST_BYTES])

    def versions(self) -> Iterator[tuple[int, str, str, bytes | None]]:
        """Yield index, kind, key and packed digest of each version; none of one that vanished."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                _, _, kind, _, digest = self.common[form]
                packed = self.packed_at(place) if digest else None
                yield self.indexes[place], kind, self.key_at(place), packed
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "version":
                yield self.indexes[place], leaf["kind"], leaf["key"], packed_digest(leaf)

    def contents(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield connection, kind and packed digest of each version that has one."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                _, connection, kind, _, digest = self.common[form]
                if digest:
                    yield connection, kind, self.packed_at(place)
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "version" and "digest" in leaf:
                yield leaf["connection"], leaf["kind"], pack_digest(leaf["digest"])

    def of_kinds(self, kinds: Collection[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the versions of some kinds, with their indexes."""
        for place, form in enumerate(self.forms):
            if form >= 0:
                if self.common[form][2] in kinds:
                    yield self.indexes[place], self.at(place)
            elif self.whole[-1 - form].get("leaf") == "version":
                leaf = self.whole[-1 - form]
                if leaf["kind"] in kinds:
                    yield self.indexes[place], leaf

    def others(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the leaves that state no version, with their indexes."""
        for place, form in enumerate(self.forms):
            if form < 0 and self.whole[-1 - form].get("leaf") != "version":
                yield self.indexes[place], self.whole[-1 - form]

    def collection_ends(self) -> dict[Any, int]:
        """Return the index of the last leaf of each collection, by its id."""
        ends: dict[Any, int] = {}
        for place, form in enumerate(self.forms):
            if form >= 0:
                ends[self.common[form][0]] = self.indexes[place]
                continue
            leaf = self.whole[-1 - form]
            if leaf.get("leaf") == "collection" or "collection" in leaf:
                name = leaf["id"] if leaf.get("leaf") == "collection" else leaf["collection"]
                ends[name] = self.indexes[place]
        return ends

    def chosen(self, indexes: Iterable[int]) -> LeafTable:
        """Return a table of some of the leaves."""
        table = LeafTable()
        table.common, table.numbers = list(self.common), dict(self.numbers)
        for index in indexes:
            place = self.place_of(index)
            form = self.forms[place]
            if form < 0:
                table.append(index, self.whole[-1 - form])
                continue
            table.forms.append(form)
            table.keys_text += self.keys_text[
                self.places[place - 1] if place else 0 : self.places[place]
            ]
            table.digests += self.packed_at(place)
            table.indexes.append(index)
            table.places.append(len(table.keys_text))
        return table

    def __getitem__(self, index: int) -> Mapping[str, Any]:
        """Return the leaf of an index."""
        return self.at(self.place_of(index))

    def place_of(self, index: int) -> int:
        """Return the place of the leaf of an index."""
        place = bisect_left(self.indexes, index)
        if place == len(self.indexes) or self.indexes[place] != index:
            raise KeyError(index)
        return place

    def __contains__(self, index: object) -> bool:
        """Return whether the leaf of an index is here."""
        if type(index) is not int:
            return False
        place = bisect_left(self.indexes, index)
        return place < len(self.indexes) and self.indexes[place] == index

    def __iter__(self) -> Iterator[int]:
        """Yield the indexes."""
        return iter(self.indexes)

    def __len__(self) -> int:
        """Return the number of leaves."""
        return len(self.indexes)

    def values(self) -> ValuesView[Mapping[str, Any]]:
        """Return the leaves, in order."""
        return TableValues(self)

    def items(self) -> ItemsView[int, Mapping[str, Any]]:
        """Return the leaves with their indexes, in order."""
        return TableItems(self)


def common_fields(leaf: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what a version has in common with others; None for any other leaf."""
    if leaf.get("leaf") != "version" or len(leaf) != 6 + ("digest" in leaf):
        return None
    common = (*map(leaf.get, REPEATED), "digest" if "digest" in leaf else "")
    texts = [text for text in (*common, leaf.get("key")) if type(text) is str]
    return tuple(texts[:-1]) if len(texts) == len(common) + 1 else None


def share_texts(value: Any) -> Any:
    """Return a JSON value of which equal texts are one in memory: they repeat from hour to hour."""
    kind = type(value)
    if kind is str:
        return intern(value)
    if kind is dict:
        return {intern(name): share_texts(child) for name, child in value.items()}
    return list(map(share_texts, value)) if kind is list else value


class TableValues(ValuesView[Mapping[str, Any]]):
    """The leaves of a table, without looking for each."""

    def __init__(self, table: LeafTable) -> None:
        super().__init__(table)
        self.table = table

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield them."""
        return map(self.table.at, range(len(self.table.indexes)))


class TableItems(ItemsView[int, Mapping[str, Any]]):
    """The leaves of a table with their indexes, without looking for each."""

    def __init__(self, table: LeafTable) -> None:
        super().__init__(table)
        self.table = table

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield them."""
        return zip(self.table.indexes, self.table.values())


def other_leaves(
    leaves: Mapping[int, Mapping[str, Any]],
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the leaves that state no version, with their indexes: a few of a hundred."""
    if isinstance(leaves, LeafTable):
        return leaves.others()
    return ((index, leaf) for index, leaf in leaves.items() if leaf["leaf"] != "version")


def packed_digest(leaf: Mapping[str, Any]) -> bytes | None:
    """Return the packed digest of a version; None where it vanished."""
    return pack_digest(leaf["digest"]) if "digest" in leaf else None


def as_table(leaves: Mapping[int, Mapping[str, Any]]) -> LeafTable:
    """Return leaves as a table."""
    return leaves if isinstance(leaves, LeafTable) else LeafTable(leaves.items())
