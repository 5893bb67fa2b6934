"""Secrets in every place of a page that can hold one, for what must not pass any of them on."""

import json
from collections.abc import Mapping

PLACES = (
    "text", "label", "alt", "title", "data value", "data name", "class", "id", "role", "href",
    "src", "style", "value", "placeholder", "tag", "comment", "script", "style sheet", "template",
    "meta", "shadow text", "shadow class", "pre", "textarea", "option", "editable", "svg", "output",
    "output class", "slot", "frame name", "beside a known text", "within the control",
    "tooltip of the control", "status attribute", "aria value",
)  # fmt: skip

PLANT = """\
(secrets) => {
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const word = (text) => [...text].filter((each) => /[a-z0-9]/i.test(each)).join("").toLowerCase();
  const s = secrets;
  const shadow = make("div", { id: "deep" });
  shadow.attachShadow({ mode: "open" }).append(
    make("p", { class: s["shadow class"] }, s["shadow text"]));
  const template = make("template");
  template.content.append(make("p", {}, s.template));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "text"));
  svg.firstChild.textContent = s.svg;
  svg.setAttribute("data-title", s.svg);
  const link = make("a", {}, s.text);
  link.setAttribute("href", `https://accounts.google.com/ServiceLogin?user=${s.href}`);
  const planted = make("div", { id: "planted" },
    make("p", {}, s.text), make("button", { "aria-label": s.label }, s.label), link,
    make("img", { alt: s.alt, src: `data:,${s.src}` }), make("i", { title: s.title }),
    make("div", { "data-user": s["data value"], [`data-${word(s["data name"])}`]: "1" }),
    make("div", { class: `cell ${s.class} cell-${s.class}`, id: `cell-${s.id}`, role: s.role }),
    make("div", { style: `--x: "${s.style}"` }), make("input", { value: s.value }),
    make("input", { placeholder: s.placeholder, name: s.value }),
    make(`x-${word(s.tag)}`), document.createComment(s.comment),
    make("script", { type: "text/plain" }, s.script),
    make("style", {}, `.${word(s["style sheet"])}{}`),
    make("p", { class: word(s["style sheet"]) }), template, make("pre", {}, s.pre),
    make("meta", { name: s.meta, content: s.meta }), shadow, make("textarea", {}, s.textarea),
    make("select", {}, make("option", { value: s.option }, s.option)),
    make("div", { contenteditable: "true" }, make("span", {}, s.editable)), svg,
    make("div", { class: "output jp-OutputArea" },
      make("p", { class: s["output class"] }, `error ${s.output} Are you still there`)),
    make("slot", { name: s.slot }), make("iframe", { name: s["frame name"] }),
    make("p", {}, `Connect ${s["beside a known text"]} Reconnect`),
    make("md-icon", { status: s["status attribute"], "aria-valuetext": s["aria value"] }));
  document.body.append(planted);
  const host = document.querySelector("colab-connect-button");
  const control = host?.shadowRoot?.querySelector("#connect") ?? document.querySelector("#connect");
  if (control) {
    control.append(make("span", {}, s["within the control"]));
    const tooltip = control.getAttribute("tooltiptext") ?? "";
    control.setAttribute("tooltiptext", `${tooltip} ${s["tooltip of the control"]}`);
  }
  return true;
}
"""


def plant(secrets: Mapping[str, str]) -> str:
    """Return the script that puts a secret into each place of a page, without changing the rest."""
    assert set(secrets) == set(PLACES)
    return f"document.querySelector('#planted')?.remove(), ({PLANT})({json.dumps(dict(secrets))})"
