"""The host's frozen dataclasses behave as those of the standard library do, to the message."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from ccm_core.model.frozen_dataclass import dataclass

Part = TypeVar("Part")


def classes(decorate):
    """Return one class of each kind, all made by one decorator."""

    @decorate(frozen=True, slots=True, kw_only=True)
    class Named:
        """Named fields."""

        number: int
        text: str = "none"
        parts: tuple[int, ...] = field(default_factory=tuple)
        noted: int = field(default=0, compare=False, repr=False)
        hashed: tuple[int, ...] = field(default=(), hash=False)
        count: ClassVar[int] = 3

        @property
        def double(self):
            return self.number * 2

    @decorate(frozen=True, slots=True)
    class Placed:
        """Fields in their order, and one that is named."""

        first: int
        second: int = 2
        third: int = field(default=3, kw_only=True)

    @decorate(frozen=True, slots=True)
    class Checked:
        """Looks at its fields, and makes another one."""

        number: int
        cached: list[int] = field(default_factory=list, init=False, repr=False, compare=False)
        fixed: int = field(default=7, init=False)

        def __post_init__(self):
            if self.number < 0:
                raise ValueError(f"{self.number} is below 0")

    @decorate(frozen=True, slots=True)
    class Own(Generic[Part]):
        """Has methods of its own."""

        part: Part

        def __eq__(self, other):
            return isinstance(other, type(self))

        def __repr__(self):
            return "own"

        def __hash__(self):
            return 1

    @decorate(frozen=True, slots=True)
    class Equal:  # noqa: PLW1641 - the decorator makes its hash
        """Has its own equality alone."""

        part: int

        def __eq__(self, other):
            return True

    @decorate(frozen=True, slots=True)
    class Empty:
        """Has no fields."""

    @decorate(frozen=True, slots=True, kw_only=True)
    class Derived(Named):
        """Adds a field to another one."""

        more: int = 1

    @decorate(frozen=True, slots=True, order=True)
    class Ordered:
        """Has an order."""

        number: int

    class Plain(Placed):
        """Is no dataclass itself, and has attributes of its own."""

    return {made.__name__: made for made in locals().values() if isinstance(made, type)}


OURS: Any = classes(dataclass)
THEIRS: Any = classes(dataclasses.dataclass)
MADE: dict[str, list[dict[str, Any]]] = {
    "Named": [{"number": 1}, {"number": 1, "text": "x", "parts": (1,), "noted": 2, "hashed": (2,)}],
    "Placed": [{"first": 1}, {"first": 1, "second": 3, "third": 4}],
    "Checked": [{"number": 1}],
    "Own": [{"part": 1}],
    "Equal": [{"part": 1}],
    "Empty": [{}],
    "Derived": [{"number": 1}, {"number": 1, "more": 2}],
    "Ordered": [{"number": 1}],
    "Plain": [{"first": 1}],
}
CASES = [
    pytest.param(name, values, id=f"{name}-{index}")
    for name, several in MADE.items()
    for index, values in enumerate(several)
]


def outcome(action):
    """Return what an action gives, or the error that it raises."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001 - compared with what the other one raises
        return type(error), str(error)


@pytest.mark.parametrize(("name", "values"), CASES)
@pytest.mark.parametrize(
    "question",
    [
        repr,
        hash,
        dataclasses.asdict,
        dataclasses.astuple,
        lambda made: made == copy.copy(made),
        lambda made: made == copy.deepcopy(made),
        lambda made: copy.deepcopy(made) is made,
        lambda made: repr(replace(made)),
        lambda made: made == made.__class__.__name__,
        lambda made: made != replace(made),
        lambda made: [item.name for item in dataclasses.fields(made)],
        lambda made: hasattr(made, "__dict__"),
        lambda made: setattr(made, dataclasses.fields(made)[0].name, 1),
        lambda made: delattr(made, dataclasses.fields(made)[0].name),
        lambda made: made.__class__.__match_args__,
        lambda made: made.__class__.__doc__,
        lambda made: made.__class__.__init__.__qualname__,
        lambda made: repr(made.__class__.__dataclass_params__),
    ],
)
def test_a_frozen_dataclass_answers_as_the_standard_one(name, values, question):
    """It is shown, compared, hashed, copied, replaced and refused in the same way."""
    assert outcome(lambda: question(OURS[name](**values))) == outcome(
        lambda: question(THEIRS[name](**values))
    )


@pytest.mark.parametrize("name", [*MADE])
@pytest.mark.parametrize(
    ("arguments", "values"),
    [((), {}), ((1,), {}), ((1, 2, 3), {}), ((), {"absent": 1}), ((), {"number": -1})],
)
def test_a_frozen_dataclass_is_called_as_the_standard_one(name, arguments, values):
    """The same arguments are accepted, and refused with the same message."""
    assert outcome(lambda: repr(OURS[name](*arguments, **values))) == outcome(
        lambda: repr(THEIRS[name](*arguments, **values))
    )


@pytest.mark.parametrize("name", [*MADE])
def test_a_frozen_dataclass_has_the_parameters_of_the_standard_one(name):
    """In their order, with their kinds and whether they have defaults."""

    def parameters(made):
        return [
            (parameter.name, parameter.kind, parameter.default is inspect.Parameter.empty)
            for parameter in inspect.signature(made).parameters.values()
        ]

    assert parameters(OURS[name]) == parameters(THEIRS[name])


@pytest.mark.parametrize(
    "name", [name for name in MADE if name not in {"Derived", "Ordered", "Plain"}]
)
@pytest.mark.parametrize(
    "change", [lambda made: setattr(made, "other", 1), lambda made: delattr(made, "other")]
)
def test_a_frozen_dataclass_refuses_attributes_that_are_no_fields(name, change):
    """The standard one refuses them too, by a fault: it takes itself for another class."""
    with pytest.raises(FrozenInstanceError, match="other"):
        change(OURS[name](**MADE[name][0]))


def test_a_plain_class_may_add_attributes_to_a_frozen_dataclass():
    """Its fields stay frozen."""
    plain = OURS["Plain"](1)
    plain.other = 2
    assert plain.other == 2
    del plain.other
    with pytest.raises(FrozenInstanceError):
        plain.first = 2


def test_a_standard_dataclass_may_be_derived_from_a_frozen_one():
    """As a plugin derives its own from one of the SDK."""
    derived = dataclasses.make_dataclass(
        "Derived",
        [("more", int)],
        bases=(OURS["Named"],),
        frozen=True,
        slots=True,
        kw_only=True,
    )
    made = derived(number=1, more=2)
    assert (made.number, made.more, made.double) == (1, 2, 2)
    with pytest.raises(FrozenInstanceError):
        made.more = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Goes to another process."""

    number: int
    cached: list[int] = field(default_factory=list, init=False)


def test_a_frozen_dataclass_survives_pickling():
    """With every field, whether it is given or made."""
    sent = Sent(number=1)
    sent.cached.append(2)
    received = pickle.loads(pickle.dumps(sent))  # noqa: S301 - its own
    assert received == sent
    assert received.cached == [2]
    assert Sent(number=1).cached == []
