// Somebody without a pointer: what has the focus, and whether it can be seen.

import assert from 'node:assert/strict';

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  /** Goes on by a key, and makes sure that what has the focus then can be seen. */
  async go(key) {
    await this.page.keyboard.press(key);
    const { name, hidden } = await this.page.evaluate(seen);
    assert.equal(hidden, undefined, `the focus is on ${name} after ${key}, and ${hidden}`);
    return name;
  }

  /** Uses what has the focus, which may be gone afterwards. */
  use(key) {
    return this.page.keyboard.press(key);
  }

  /** Goes on by Tab, or back, until a control has the focus. */
  async to(control, key = 'Tab') {
    const stops = [];
    await control.waitFor();
    for (let presses = 0; presses < 100; presses += 1) {
      stops.push(await this.go(key));
      const there = (elements) => elements.some((element) => element === document.activeElement);
      if (await control.evaluateAll(there)) return;
    }
    assert.fail(`${control} is not reached by ${key}, but ${stops.join(', ')}`);
  }
}

/** What has the focus, and why it cannot be seen, if so. Runs in the page. */
function seen() {
  const focused = document.activeElement;
  const name = focused.getAttribute('aria-label') ?? focused.textContent.trim().slice(0, 40);
  const told = `${focused.localName} ${name || focused.id}`;
  if (focused === document.body) return { name: told, hidden: 'that is nowhere' };
  const { outlineStyle, outlineWidth } = getComputedStyle(focused);
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) {
    return { name: told, hidden: `its outline is ${outlineWidth} ${outlineStyle}` };
  }
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  // Of what is larger than the screen, the part that is on it.
  const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
  const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
  const hit = document.elementFromPoint(x, y);
  // An arrow of a picture bends around what is in its middle.
  const within = [focused, focused.labels?.[0], focused.closest('svg')];
  const there = within.some((element) => element?.contains(hit));
  return { name: told, hidden: there ? undefined : `${hit?.localName} ${hit?.textContent.slice(0, 40)} lies on it` };
}
