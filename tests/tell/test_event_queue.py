"""The queue of events: in order, none thinned, bounded, and what is dropped is counted."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from colab_cdp_agent.tell.event_queue import EVENTS_KEPT, EventQueue


async def deliver(events: EventQueue) -> bytes:
    event = await events.due()
    events.sent(event)
    return event.payload


def test_events_keep_their_order_and_none_is_thinned() -> None:
    async def story() -> None:
        events = EventQueue()
        payloads = [b"same" if number % 2 else str(number).encode() for number in range(10)]
        for payload in payloads:
            events.add("e", payload)
        assert [await deliver(events) for _ in payloads] == payloads
        assert events.dropped == 0

    asyncio.run(story())


def test_an_event_is_due_as_soon_as_it_is_added_and_until_it_was_sent() -> None:
    async def story() -> None:
        events = EventQueue()
        waiting = asyncio.create_task(events.due())
        await asyncio.sleep(0)
        events.add("e", b"1")
        event = await waiting
        assert (event.topic, event.payload) == ("e", b"1")
        assert await events.due() is event

    asyncio.run(story())


def test_an_event_that_arrived_while_the_queue_ran_over_is_not_lost() -> None:
    async def story() -> None:
        events = EventQueue()
        events.add("e", b"on its way")
        event = await events.due()
        for _number in range(EVENTS_KEPT):
            events.add("e", b"later")
        assert events.dropped == 1
        events.sent(event)
        assert events.dropped == 0

    asyncio.run(story())


@given(st.lists(st.integers(0, 2 * EVENTS_KEPT), max_size=6))
def test_what_was_added_is_sent_or_counted_as_dropped(floods: list[int]) -> None:
    async def story() -> None:
        events = EventQueue()
        added = 0
        arrived: list[int] = []
        for flood in floods:
            for _event in range(flood):
                events.add("e", str(added).encode())
                added += 1
            arrived += [
                int(await deliver(events)) for _event in range(min(flood, EVENTS_KEPT) // 2)
            ]
        assert len(events._events) <= EVENTS_KEPT
        assert len(arrived) + len(events._events) + events.dropped == added
        assert arrived == sorted(arrived)

    asyncio.run(story())
