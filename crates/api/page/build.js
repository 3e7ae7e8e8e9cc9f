// SPDX-License-Identifier: Apache-2.0
// Makes elements. Text goes in as text nodes only: nothing that a device says becomes markup.

/** An HTML element. `on…` attributes are listeners, `true` sets an attribute without value. */
export function build(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return filled(element, attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A labelled choice; `options` are [value, words]. */
export function choice(label, options, chosen, changed) {
  const select = build("select", { onchange: () => changed(select.value) });
  setOptions(select, options, chosen);
  return { field: build("label", { class: "field" }, build("span", {}, label), select), select };
}

/** Puts options into a choice, and keeps what was chosen if it is still there. */
export function setOptions(select, options, chosen) {
  const kept = chosen ?? select.value;
  select.replaceChildren(...options.map(([value, words]) => build("option", { value }, words)));
  if (options.some(([value]) => value === kept)) select.value = kept;
}

/** Changes an element's text only if it is another: readers of screens hear changes. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
