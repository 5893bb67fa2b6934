"""Three agents with twenty notebooks, as a broker knows them, and what they answer.

Nothing is watched here: the states are made up, of the kind that a night brings.
"""

import json
import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

import samples
from colab_cdp_protocols import mqtt
from mosquitto import HOST
from person import eventually

ROOT = "colab"
AGENTS = ("desk", "lab-pc", "mac-mini")
LIMIT_S = 20.0
Answer = Callable[[str, dict[str, Any]], dict[str, Any]]
"""From a verb and a request to what its response holds beside the transaction."""

TITLES = (
    "llama-3-lora-finetune.ipynb", "vit-small-imagenet.ipynb", "whisper-ko-finetune.ipynb",
    "gpt2-korean-pretraining.ipynb", "stable-diffusion-dreambooth.ipynb", "resnet50-baseline.ipynb",
    "bert-nsmc-sentiment.ipynb", "한국어-요약-KoBART.ipynb", "yolo-v8-parking.ipynb",
    "rl-atari-ppo.ipynb", "tabular-xgboost-sweep.ipynb", "graph-sage-products.ipynb",
    "timeseries-informer.ipynb", "mae-pretraining-96px.ipynb", "clip-captions-eval.ipynb",
    "speech-commands.ipynb", "segment-anything-lora.ipynb", "moe-routing-ablation.ipynb",
    "t5-translation-en-ko.ipynb", "nerf-lego.ipynb",
)  # fmt: skip


def attention(kind: str, text: str, minutes: float = 4) -> mqtt.Attention:
    return mqtt.Attention(kind, _now() - timedelta(minutes=minutes), text)


def state(nth: int, **changes: Any) -> mqtt.State:
    """Return the state of the nth notebook, training for a while but for what is given."""
    now = _now()
    step, total = 1800 + 731 * nth, 36_000
    loss = 0.31 + 2.1 * math.exp(-3 * step / total)
    since = now - timedelta(minutes=35 + 17 * nth)
    runs = changes.get("phase", "running") == "running"
    running = {
        "title": TITLES[nth],
        "phase": "running",
        "since": since,
        "run": mqtt.Run(started=since if runs else None),
        "runtime": mqtt.Runtime(
            accelerator=("T4", "L4", "A100")[nth % 3], ram_used=5_400_000_000 + 210_000_000 * nth,
            ram_total=12_700_000_000,
        ),
        "progress": mqtt.Progress(
            fraction=step / total, step=step, total=total, epoch=1 + step * 5 // total, epochs=5,
            rate=2.4 + nth / 10, eta_s=(total - step) / (2.4 + nth / 10), at=now,
            metrics={"loss": loss, "lr": 2e-4 * (1 - step / total), "grad_norm": 0.8},
        ),
        "output": mqtt.Output(
            lines=step // 10, page_lines=340, last_at=now,
            last_line=f"step {step}/{total} loss {loss:.4f} lr 1.9e-04 grad_norm 0.812",
        ),
        "updated": now,
    }  # fmt: skip
    return samples.state(f"{nth:010x}", **(running | changes))


def states() -> list[mqtt.State]:
    """Return twenty notebooks in the middle of a night."""
    quiet = mqtt.Progress()
    special: dict[int, dict[str, Any]] = {
        3: {
            "phase": "needs_you", "since": _now() - timedelta(minutes=4),
            "attention": attention("captcha", "Colab shows a captcha: solve it in the tab."),
        },
        7: {
            "phase": "idle", "since": _now() - timedelta(minutes=22), "kernel": "idle",
            "attention": attention(
                "run_failed",
                "The run failed: OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
                22,
            ),
        },
        9: {
            "phase": "limited", "since": _now() - timedelta(minutes=51), "progress": quiet,
            "attention": attention(
                "usage_limit", "Colab refuses a runtime because of its usage limits.", 51
            ),
        },
        12: {"phase": "reconnecting", "since": _now() - timedelta(seconds=40)},
        14: {"phase": "idle", "kernel": "idle", "progress": quiet},
        16: {"phase": "paused"},
        18: {"phase": "sleeping", "progress": quiet},
    }  # fmt: skip
    return [state(nth, **special.get(nth, {})) for nth in range(len(TITLES))]


class Fleet:
    """The agents at a broker: what they publish, and what they answer.

    Attributes:
        answer: what a request is answered; None answers nothing.
        requests: every request that came, as topic and payload.

    """

    def __init__(self, port: int) -> None:
        self.answer: Answer | None = None
        self.requests: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        self._client.on_connect = lambda client, *_: client.subscribe(f"{ROOT}/#", qos=1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish_night(self) -> None:
        """Publish everything: three agents, twenty notebooks."""
        for nth, name in enumerate(AGENTS):
            self.publish_agent(name)
            for told in states()[nth::3]:
                self.publish_state(told, name)

    def publish_agent(self, name: str, *, online: bool = True) -> None:
        info = mqtt.Info(
            "0.1", f"{name}.local", _now(), (),
            mqtt.ChromeInfo("connected", "Chrome/156.0", _now(), None), ("colab",), "external", "1",
        )  # fmt: skip
        levels = {"root": ROOT, "agent": name}
        self.publish(mqtt.INFO.at(**levels), mqtt.encode(info))
        self.publish(mqtt.STATUS.at(**levels), mqtt.ONLINE if online else mqtt.OFFLINE)

    def publish_state(self, told: mqtt.State, agent: str = AGENTS[0]) -> None:
        topic = mqtt.STATE.at(root=ROOT, agent=agent, id=told.id)
        self.publish(topic, mqtt.encode(told))

    def publish(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Publish, and return once the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(LIMIT_S)

    def send(self, topic: str, payload: bytes) -> None:
        """Publish from inside an answer, where nothing can be waited for."""
        self._client.publish(topic, payload, qos=0)

    def respond(self, verb: str, answer: dict[str, Any]) -> None:
        """Answer the first request for a verb."""
        topic, payload = next(each for each in self.requests if each[0].endswith(f"/{verb}"))
        self.publish(
            topic.replace("/request/", "/response/"), _response(payload, answer), retain=False
        )

    def until_connected_again(self) -> None:
        """Wait until the broker has us again."""
        eventually(self._client.is_connected)

    def asked(self, verb: str, limit: float = LIMIT_S) -> dict[str, Any]:
        """Return the first request for a verb, as soon as it came."""

        def found() -> bytes | None:
            return next((body for at, body in self.requests if at.endswith(f"/{verb}")), None)

        with self._news:
            assert self._news.wait_for(lambda: found() is not None, limit), self.requests
            request: dict[str, Any] = json.loads(found() or b"")
            return request

    def _take(self, client: Client, _context: object, message: MQTTMessage) -> None:
        if "/request/" not in message.topic:
            return
        with self._news:
            self.requests.append((message.topic, bytes(message.payload)))
            self._news.notify_all()
        if self.answer is None:
            return
        verb = message.topic.rsplit("/", 1)[-1]
        answer = self.answer(verb, json.loads(message.payload))
        topic = message.topic.replace("/request/", "/response/")
        client.publish(topic, _response(bytes(message.payload), answer), qos=1)


def _response(request: bytes, answer: dict[str, Any]) -> bytes:
    transaction = json.loads(request)["transaction"]
    response = {"transaction": transaction, "status": "ok", "data": None, "error": None}
    return json.dumps(response | answer).encode()


def _now() -> datetime:
    return datetime.now(UTC)
