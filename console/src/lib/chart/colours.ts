// SPDX-License-Identifier: Apache-2.0
// Colours of the page for a canvas, and when they change.

/** The colour that a custom property has at an element now. */
export function colourAt(element: HTMLElement, property: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${property})`;
  probe.hidden = true;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Calls when the reader or the system changes light and dark. */
export function whenColoursChange(act: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(act);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-scheme'] });
  dark.addEventListener('change', act);
  return () => {
    chosen.disconnect();
    dark.removeEventListener('change', act);
  };
}
