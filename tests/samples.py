"""Payloads of the MQTT contract, as hypothesis draws them."""

from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
from hypothesis import strategies as st

from colab_cdp_protocols import mqtt

MOMENT = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)

moments = st.datetimes(timezones=st.just(UTC))
counts = st.none() | st.integers(0, 2**53)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=30)
words = st.none() | texts
truths = st.none() | st.booleans()

attentions = st.builds(mqtt.Attention, kind=texts, since=moments, text=texts)
runtimes = st.builds(
    mqtt.Runtime, id=words, accelerator=words, ram_used=counts, ram_total=counts,
    disk_used=counts, disk_total=counts, started=st.none() | moments, same=truths,
)  # fmt: skip
runs = st.builds(mqtt.Run, cell=words, started=st.none() | moments, elapsed_s=numbers)
progresses = st.builds(
    mqtt.Progress, fraction=numbers, step=counts, total=counts, epoch=counts, epochs=counts,
    rate=numbers, eta_s=numbers, at=st.none() | moments,
    metrics=st.dictionaries(
        texts | st.just("loss"), st.floats(allow_nan=False, allow_infinity=False), max_size=3
    ),
)  # fmt: skip
outputs = st.builds(
    mqtt.Output, lines=counts, bytes=counts, last_line=words, last_at=st.none() | moments,
    page_lines=counts, archive=words,
)  # fmt: skip
duty_states = st.builds(
    mqtt.DutyState, on=st.booleans(), count=st.integers(0, 10**6), last_at=st.none() | moments,
    last_result=words, next_at=st.none() | moments,
)  # fmt: skip
witnesses = st.builds(
    mqtt.Witnesses, wire=words, page=words, agree=truths, profile=words, detector=words,
    build=words,
)  # fmt: skip
states = st.builds(
    mqtt.State, id=texts, title=texts, site=texts, phase=st.sampled_from(get_args(mqtt.Phase)),
    since=moments, attention=st.none() | attentions,
    connection=st.sampled_from(get_args(mqtt.Connection)),
    kernel=st.sampled_from(get_args(mqtt.Kernel)), runtime=runtimes, run=runs,
    progress=progresses, output=outputs, witnesses=witnesses, updated=moments,
    duties=st.builds(
        mqtt.Duties, keep_alive=duty_states, reconnect=duty_states, clear=duty_states
    ),
    browser=st.just(msgspec.UNSET) | texts,
)  # fmt: skip
infos = st.builds(
    mqtt.Info, version=texts, host=texts, started=moments, sites=st.tuples(texts), broker=texts,
    instance=texts, policy=st.lists(texts).map(tuple), api=st.just(mqtt.API),
    chrome=st.builds(
        mqtt.ChromeInfo, state=st.sampled_from(get_args(mqtt.ChromeState)), product=words,
        since=moments, reason=words,
    ),
    browsers=st.just(msgspec.UNSET) | st.lists(
        st.builds(
            mqtt.BrowserInfo, name=texts, state=st.sampled_from(get_args(mqtt.ChromeState)),
            product=words, since=moments, reason=words,
        ),
        max_size=3,
    ).map(tuple),
)  # fmt: skip
entries = st.builds(
    mqtt.SessionEntry, id=texts, title=texts, phase=st.sampled_from(get_args(mqtt.Phase))
)
happenings = st.builds(
    mqtt.Happening, id=texts, at=moments, kind=texts, text=texts, cause=words, evidence=words,
    severity=st.sampled_from(get_args(mqtt.Severity)),
)  # fmt: skip
logs = st.builds(mqtt.Log, seq=st.integers(0, 2**53), lines=st.lists(texts).map(tuple))
requests = st.builds(
    mqtt.Request, transaction=st.none() | st.text(min_size=1, max_size=64),
    at=st.none() | moments, ttl_s=st.floats(0.1, 60), hmac=words,
    args=st.dictionaries(texts, st.booleans() | st.integers(-9, 9) | texts, max_size=3),
)  # fmt: skip
responses = st.builds(
    mqtt.Response, status=st.sampled_from(("ok", "error", "refused")), transaction=words,
    error=words, data=st.none() | texts | st.dictionaries(texts, texts),
)  # fmt: skip


def state(session: str = "0123456789", **changes: Any) -> mqtt.State:
    """Return a plain state of a session, but for what is given."""
    duty = mqtt.DutyState(on=True)
    plain: dict[str, Any] = {
        "title": "train", "site": "colab", "phase": "running", "since": MOMENT,
        "attention": None, "connection": "connected", "kernel": "busy",
        "runtime": mqtt.Runtime(), "run": mqtt.Run(), "progress": mqtt.Progress(),
        "output": mqtt.Output(), "duties": mqtt.Duties(duty, duty, duty),
        "witnesses": mqtt.Witnesses(), "updated": MOMENT,
    }  # fmt: skip
    return mqtt.State(id=session, **(plain | changes))
