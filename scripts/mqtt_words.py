"""The words of docs/mqtt.md: what each phase, kind, field and key means."""

from typing import Final

from msgspec import Struct

from colab_cdp_agent.tell.board import SHORTEST_INTERVAL_S
from colab_cdp_agent.tell.connection import KEEPALIVE_S
from colab_cdp_agent.tell.event_queue import EVENTS_KEPT
from colab_cdp_agent.tell.log_tails import LINES_KEPT, LONGEST_LINE
from colab_cdp_agent.watch.finding import SENTENCES
from colab_cdp_agent.watch.progress.metrics import MOST_METRICS
from colab_cdp_agent.watch.roster import FORGET_AFTER_S
from colab_cdp_protocols import discovery, mqtt

PHASES: Final[dict[mqtt.Phase, str]] = {
    "running": "a cell runs",
    "idle": "nothing runs; with or without a runtime",
    "queued": "a cell waits, and none runs",
    "connecting": "a runtime is being connected, a kernel starts, or the page is still loading",
    "reconnecting": "the runtime was lost: it is being connected again, or the agent will try to",
    "needs_you": "the page or the run asks a person something; a page that does is not touched",
    "limited": "a usage limit, too many sessions, or a block; the agent touches nothing",
    "ended": "the runtime is disconnected, and the agent leaves it so; or the kernel is dead",
    "unreadable": "the site profile does not fit the page, and no kernel is heard",
    "sleeping": "the tab cannot be asked: discarded, frozen, crashed, or behind an alert",
    "gone": "the tab was closed, or Chrome is not there",
    "paused": "the duties were told to rest; `kernel` says whether a cell runs",
}

SAID: Final[dict[str, str]] = SENTENCES | {
    "run_failed": "The run failed: *the error*; by the page alone: The last run failed.",
    "input_request": "The run waits for input: *its prompt*; or only: The run waits for input.",
    "stalled": "Nothing was printed for *n* minutes, far longer than this run's pauses.",
    "lifetime_near": "The runtime has lived for *n* hours: *which kind* ends after *n* at most.",
}

EVENTS: Final[dict[str, tuple[str, str]]] = {
    "phase": ("info", "the phase changed; `text` is `before → after`"),
    "run_finished": ("info", "a run ended well"),
    "run_ended": ("warning", "nobody saw how a run ended, or whether it did; `cause` tells more"),
    "run_interrupted": ("info", "a run was stopped before its end"),
    "diverged": ("warning", "the loss is not a number any more; once a run"),
    "host_slept": ("warning", "this computer slept, or the agent stood still, while a cell ran"),
    "keep_alive": ("info, warning", "a round of keep-alive; `text` is its result"),
    "reconnect": ("info, warning", "a try to reconnect; `text` is its result"),
    "clear": ("info, warning", "a clearing; `text` is its result"),
    "command": ("info, warning", "a request and its outcome; `text` is `verb: status, result`"),
}

STRUCTS: Final[tuple[type[Struct], ...]] = (
    mqtt.Info, mqtt.ChromeInfo, mqtt.BrowserInfo, mqtt.SessionEntry, mqtt.State, mqtt.Attention,
    mqtt.Runtime, mqtt.Run, mqtt.Progress, mqtt.Output, mqtt.Duties, mqtt.DutyState,
    mqtt.Witnesses, mqtt.Happening, mqtt.Log, mqtt.Request, mqtt.Response, discovery.Discovery,
    discovery.Device, discovery.Origin, discovery.Availability, discovery.Component,
)  # fmt: skip

MEANINGS: Final[dict[type[Struct], dict[str, str]]] = {
    mqtt.Info: {
        "version": "of the agent",
        "host": "the computer's name",
        "started": "when the agent was started",
        "policy": "what the agent prints when it starts, line by line",
        "chrome": "how it stands with Chrome; of several browsers, the worst",
        "sites": "the site profiles in use",
        "broker": "`embedded` or `external`",
        "awake": "`kept awake`, or `may go to sleep: ` and why",
        "instance": "differs from one start of an agent to the next",
        "api": "the version of this contract",
        "browsers": "each of several browsers; with one the key is missing",
    },
    mqtt.ChromeInfo: {
        "state": (
            "`waiting`: not there; `frozen`: connected, and does not answer; `needs_you`: a person "
            "has to allow the connection in it, or to say that it may be asked for again"
        ),
        "product": "the browser's name and version; the last one where it is not there",
        "since": "when this began",
        "reason": "why it is not connected",
    },
    mqtt.BrowserInfo: {
        "name": "as it is configured, else its port or what its folder is called",
        "state": "as above",
        "product": "as above",
        "since": "as above",
        "reason": "as above",
    },
    mqtt.SessionEntry: {"id": "the session's", "title": "the notebook's", "phase": "see above"},
    mqtt.State: {
        "id": "the session's",
        "title": "the notebook's",
        "site": "the name of its site profile",
        "phase": "see above",
        "since": "when the phase began",
        "attention": "what a person should look at; null where there is nothing",
        "connection": "of the page to a runtime",
        "kernel": "what it does: by its own word, else as the page shows it",
        "runtime": "the machine",
        "run": "what runs",
        "progress": "how far it is",
        "output": "what it printed",
        "duties": "what the agent does in the tab",
        "witnesses": "what the status rests on",
        "updated": "when this was written",
        "browser": "in which of several browsers it is; with one the key is missing",
    },
    mqtt.Attention: {
        "kind": "see above",
        "since": "when it was first seen",
        "text": "a sentence for a person",
    },
    mqtt.Runtime: {
        "id": "a name of the kernel, and not Colab's id; whether it is a new one says `same`",
        "accelerator": "such as `T4`, where the page names it",
        "ram_used": "as the page shows it",
        "ram_total": "as the page shows it",
        "disk_used": "as the page shows it",
        "disk_total": "as the page shows it",
        "started": "when the runtime was seen to start; null where nobody saw it",
        "same": "whether the last new connection led to the same kernel; false: its state is lost",
    },
    mqtt.Run: {
        "cell": "the cell's id in the page, else the kernel's number of the execution: `[7]`",
        "started": (
            "when the kernel became busy: cells that follow each other are one run;"
            " null where the agent came later"
        ),
        "elapsed_s": "since `started`, at the time of `updated`",
    },
    mqtt.Progress: {
        "fraction": "how much of the whole run is done, 0 to 1",
        "step": "of the innermost bar or count",
        "total": "how many steps that has",
        "epoch": "the present one, counted from 1",
        "epochs": "how many there are",
        "rate": "steps in a second",
        "eta_s": "how long it still takes: the run's own word, else by its pace",
        "metrics": f"the newest value of each, at most {MOST_METRICS}; `loss` is the training loss",
        "at": "when it last told something of this",
    },
    mqtt.Output: {
        "lines": "finished lines since the agent was started; null where no kernel is heard",
        "bytes": "as the kernel sent them, every state of a bar too; null as above",
        "last_line": "the last printed line; null with `publish.last_line: false`",
        "last_at": "when something was last printed; by the page alone seen every ten seconds",
        "page_lines": "how many lines of the running cell the page holds",
        "archive": "the file of the day on the agent's computer; null as long as there is none",
        "gaps": "how often something may be missing in the archive; a mark there tells of each",
    },
    mqtt.Duties: dict.fromkeys(mqtt.Duties.__struct_fields__, "the duty"),
    mqtt.DutyState: {
        "on": "whether it is on: by the configuration, else by `keep_alive` or `clear_every`",
        "count": "how often it had its effect",
        "last_at": "when it was last done, tried or, with `--observe`, due",
        "last_result": "how that went, in words",
        "next_at": "when the next one is due; for `clear` at the latest",
    },
    mqtt.Witnesses: {
        "wire": "what the kernel's own channel says: the words of `kernel`; null: not heard",
        "page": "what the page shows: `idle`, `busy`, or its connection",
        "agree": "whether both say the same; false: no duty is done; null: one says nothing yet",
        "profile": "the name of the site profile",
        "detector": "the detector of the profile that told the connection",
        "build": "the page's build, where it names one",
    },
    mqtt.Happening: {
        "id": "unique; a message that comes twice has the same",
        "at": "when",
        "kind": "see above",
        "severity": "how much it matters",
        "text": "a sentence for a person",
        "cause": "why a run or a connection ended: one of the words in [causes.md](causes.md)",
        "evidence": "what that was concluded from, in a sentence",
        "run_s": "of a run's end that was no failure: how long it ran, or was seen to run",
    },
    mqtt.Log: {
        "seq": "how many lines came before the first of these; a gap is what was left out",
        "lines": f"the newest {LINES_KEPT} at most; one longer than {LONGEST_LINE} is cut short",
    },
    mqtt.Request: {
        "transaction": "a name of your own for the request, new for each: it comes back",
        "at": "when it was made; without it, it was made when it came",
        "ttl_s": "how old it may be, in seconds",
        "args": "those of the verb",
        "hmac": "the signature, where `commands.key` asks for one",
    },
    mqtt.Response: {
        "status": "`ok`: done and verified; `error`: tried, or not possible; `refused`: not tried",
        "transaction": "that of the request; null where it had none that could be read",
        "data": "what was asked for; of what acts `{result}`, a sentence",
        "error": "why it is not `ok`, in a sentence",
    },
    discovery.Discovery: {
        "device": "the device",
        "origin": "who announces it",
        "components": "its entities, by name",
        "availability": "when they can be reached",
    },
    discovery.Device: {
        "identifiers": "one: program, agent and session",
        "name": "the notebook's title",
        "manufacturer": "the program",
        "model": "the site of the notebook",
        "sw_version": "of the agent, on its own device",
        "via_device": "the agent's device",
    },
    discovery.Origin: {"name": "of the program", "sw_version": "its version"},
    discovery.Availability: {"topic": "the agent's `status`"},
}

FIELDS: Final = {
    "`phase`": "the phase",
    "`title`": "the notebook's title",
    "`attention`": "`none`, or the kind of attention",
    "`progress`": "how much of the run is done, 0 to 100",
    "`eta`": "how long it still takes, in seconds",
    "`loss`": "the training loss",
    "`last_line`": "the last printed line; not with `publish.last_line: false`",
    "`since`": "when the phase began",
}

RULES: Final = f"""\
- **Levels** of a topic hold `[a-z0-9_-]{{1,32}}`; titles and other free text stand in payloads.
  `colab` is the key `mqtt.root`. `<agent>` is the key `name`, or the option `--name`, else it is
  made from the computer's name.
- **A session** is a notebook in a tab. Its `<id>` is made from the notebook's address by hashing,
  and stays the same over reloads, restarts of Chrome and restarts of the agent. The same notebook
  in a second tab is a session of its own, with `-2` at the end; in a second browser it is one with
  an id of its own.
- **Last will:** the broker publishes `offline` on `status` when the agent is cut off, at most
  {KEEPALIVE_S * 3 // 2} s later. The agent publishes it itself when it ends. While `status` is
  `offline`, every other retained value is old news.
- **After each connect** everything retained is published again: a broker that forgot is filled.
- **No value goes out twice within {SHORTEST_INTERVAL_S:g} s** on one topic. What changed in
  between is skipped, and the latest value always arrives.
- **Events** are all sent. While there is no broker {EVENTS_KEPT} of them wait; then the oldest go.
- **Log lines** go out in batches, one a second and session at most, and are lost while there is no
  broker. `seq` begins at 0 when the agent is started.
- **Attention** rings once: what was raised before the agent was restarted is not raised anew.
- **Empty** is unknown. An empty payload on a retained topic also removes it from the broker.
- **Gone sessions** keep their topics for {FORGET_AFTER_S / 3600:.0f} hours; then these are
  removed. What an agent that crashed or an earlier version has left below its own name is removed
  a few seconds after each connect, retained requests too.
- **Two agents** on one broker need two names. An agent that starts asks on `request/claim` whether
  another has its name; one that is answered on `response/claim` ends with exit code 2.
- **Times** are RFC 3339 in UTC, durations are in seconds, sizes in bytes.
- **MQTT 3.1.1** is spoken, with a clean session and a client id of its own for each connection.
- **Readers should pass over keys that they do not know**: later versions add some. `api` in `info`
  changes where a key changes its meaning."""
