"""Which kernel process speaks is told by the session of its messages, on whichever socket."""

from colab_cdp_agent.watch.voices import Voices


def test_a_voice_is_new_once_on_each_socket() -> None:
    voices = Voices()
    assert voices.hear("P", "one") == "its own"
    assert voices.hear("P", "one") is None
    assert voices.hear("P", "two") == "another"  # of two sockets that are open
    assert voices.hear("P", "two") is None


def test_over_a_new_connection_the_same_process_is_told_from_a_fresh_one() -> None:
    voices = Voices()
    voices.hear("P", "old")
    assert voices.close("old")
    assert voices.hear("P", "new") == "the same"
    voices.silence()
    assert voices.hear("Q", "new") == "fresh"
    assert voices.hear("R", "new") == "fresh"


def test_the_last_voice_goes_with_its_socket_and_no_other_socket_takes_it() -> None:
    voices = Voices()
    voices.hear("P", "one")
    voices.hear("Q", "two")
    assert not voices.close("one")
    assert not voices.close("one")
    assert not voices.close("never heard")
    assert voices.close("two")


def test_another_kernel_of_the_page_does_not_take_the_place_of_its_own() -> None:
    voices = Voices()
    voices.hear("P", "one")
    runtime = voices.runtime
    assert voices.hear("Q", "two") == "another"
    assert voices.runtime == runtime


def test_after_the_end_of_a_process_its_successor_is_no_surprise() -> None:
    voices = Voices()
    voices.hear("P", "one")
    voices.end()
    assert voices.hear("Q", "one") == "its own"


def test_a_kernel_that_does_not_say_which_it_is_is_no_voice() -> None:
    voices = Voices()
    assert voices.hear("", "one") is None
    assert voices.runtime is None
    assert voices.hear("P", "one") == "its own"
    assert voices.hear("", "one") is None
    assert voices.hear("P", "one") == "its own"


def test_a_runtime_has_the_name_of_its_process_which_is_not_its_session() -> None:
    session = "0123456789"
    first, again, other = Voices(), Voices(), Voices()
    first.hear(session, "one")
    again.hear(session, "two")
    other.hear("9876543210", "one")
    assert first.runtime == again.runtime != other.runtime
    assert first.runtime not in {None, session}
