"""A night is its seed: it can be played again, from any step on."""

from chaos.schedule import each_once, night

WEIGHTS = {"often": 3, "seldom": 1}


def test_the_same_seed_is_the_same_night() -> None:
    """Whatever its length, and another seed is another night."""
    first = list(night(7, 100, WEIGHTS, 3))
    assert list(night(7, 50, WEIGHTS, 3)) == first[:50]
    assert list(night(8, 100, WEIGHTS, 3)) != first


def test_every_fault_comes_as_its_weight_says() -> None:
    """All notebooks are met, and both ways of healing are taken."""
    steps = list(night(7, 1000, WEIGHTS, 3))
    assert sum(step.fault == "seldom" for step in steps) in range(200, 300)
    assert {(step.target, step.noticed) for step in steps} == {
        (target, noticed) for target in range(3) for noticed in (True, False)
    }


def test_each_fault_comes_once() -> None:
    """The seed alone gives the order."""
    names = list("abcdefgh")
    steps = list(each_once(7, names, 3))
    assert sorted(step.fault for step in steps) == names
    assert steps == list(each_once(7, names[::-1], 3))
