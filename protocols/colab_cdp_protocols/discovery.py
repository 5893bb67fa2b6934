"""What Home Assistant's device discovery is made of: the payload's shape, and nothing of ours.

One payload announces a device with all its entities. Keys that are left out have Home Assistant's
defaults. The shape: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

from typing import Literal

from msgspec import Struct

Platform = Literal["sensor", "binary_sensor", "button", "image"]


class Origin(Struct, frozen=True, omit_defaults=True):
    """The program that announces the device."""

    name: str
    sw_version: str


class Device(Struct, frozen=True, omit_defaults=True):
    """A device; `via_device` is an identifier of the one through which it is reached."""

    identifiers: tuple[str, ...]
    name: str
    manufacturer: str
    model: str
    sw_version: str | None = None
    via_device: str | None = None


class Availability(Struct, frozen=True):
    """A topic on which `online` and `offline` say whether the device can be reached."""

    topic: str


class Component(Struct, frozen=True, omit_defaults=True):
    """One entity of a device; which of the keys it has depends on its platform.

    An `availability` of its own goes before the device's; an empty one is always available.
    """

    platform: Platform
    unique_id: str
    name: str
    icon: str | None = None
    device_class: str | None = None
    entity_category: Literal["config", "diagnostic"] | None = None
    state_topic: str | None = None
    value_template: str | None = None
    json_attributes_topic: str | None = None
    json_attributes_template: str | None = None
    options: tuple[str, ...] | None = None
    unit_of_measurement: str | None = None
    state_class: Literal["measurement"] | None = None
    suggested_display_precision: int | None = None
    payload_on: str | None = None
    payload_off: str | None = None
    image_topic: str | None = None
    content_type: str | None = None
    command_topic: str | None = None
    payload_press: str | None = None
    qos: int | None = None
    availability: tuple[Availability, ...] | None = None


class Discovery(Struct, frozen=True, omit_defaults=True):
    """A device, who announces it, when it can be reached, and its entities by name."""

    device: Device
    origin: Origin
    components: dict[str, Component]
    availability: tuple[Availability, ...] | None = None
