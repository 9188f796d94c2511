// What the sheet of commands learns of the page, and how it does it: by the page's own buttons, so that it offers what
// can be done now, and nothing is done that a person could not do by hand. At the end stands what the builder's form
// does with the focus and with keys.

// Without its looks a sheet would jump when they come.
const looks = document.createElement("link");
looks.rel = "stylesheet";
looks.href = new URL("sheets.css", import.meta.url);
const dressed = new Promise((resolve) => (looks.onload = looks.onerror = resolve));
document.head.append(looks);
await dressed;

const page = () => document.querySelector(".acc");

const builder = () => page().querySelector(".acc-builder");

/**
 * What a sheet is told, with what can be pressed and whether calls are built, if it is the one of commands; what is
 * found there by typing is found in the page's language.
 */
export function complete(facts) {
  const told = JSON.parse(facts);
  const words = page().parentElement.words?.messages;
  if (told.sheet === "scenarios") return JSON.stringify({ ...told, words });
  if (told.sheet !== "commands") return facts;
  const actions = buttons().map(({ name, place, hint }) => ({ name, place, hint }));
  return JSON.stringify({ ...told, words, actions, builds: !!builder() });
}

function buttons() {
  const found = [...page().querySelectorAll("button:enabled")].filter(
    (button) => !button.closest("dialog, .acc-header"),
  );
  return found.map((button) => ({
    button,
    name: button.ariaLabel ?? button.textContent,
    place: button.parentElement.closest("[aria-label]")?.ariaLabel ?? "",
    hint: described(button),
  }));
}

function described(button) {
  const id = button.getAttribute("aria-describedby");
  return (id && page().querySelector(`#${CSS.escape(id)}`)?.textContent) || "";
}

function press(place, name) {
  const found = buttons().find((each) => each.place === place && each.name === name);
  // Where it is shown by now is where the focus belongs, unless pressing moves it.
  found?.button.focus();
  found?.button.click();
}

function build(value) {
  const details = builder();
  if (!details) return;
  if (!details.closest("aside").checkVisibility()) {
    const tab = page().querySelector(".acc-tab-guide");
    tab.focus();
    tab.click();
  }
  const choose = () => {
    const select = details.querySelector("select");
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    // Opening a drawer moves the focus too.
    setTimeout(() => select.focus());
  };
  if (details.open) return choose();
  // The form is drawn once the page has heard that somebody looks.
  details.addEventListener("toggle", () => setTimeout(choose), { once: true });
  details.open = true;
}

document.addEventListener("click", ({ target }) => {
  const { place, press: name, build: value } = target.closest?.("[data-press], [data-build]")?.dataset ?? {};
  if (name === undefined && value === undefined) return;
  const dialog = target.closest("dialog");
  const act = () => (name === undefined ? build(value) : press(place, name));
  // What is pressed may open a sheet of its own, once this one is gone.
  dialog.addEventListener("close", () => setTimeout(act), { once: true });
  dialog.close();
});

// From the field down into the list and back.
document.addEventListener("keydown", (event) => {
  const list = event.target.closest?.(".acc-commands");
  if (!list) return;
  const stops = [...list.querySelectorAll("input, button")];
  const at = stops.indexOf(event.target);
  const to = { ArrowDown: stops[at + 1], ArrowUp: stops[at - 1] }[event.key];
  if (to) to.focus();
  else if (event.key === "Enter" && at === 0) stops[1]?.click();
  else return;
  event.preventDefault();
});

// What is taken out of the builder's form takes its button along: the focus goes to where something can be added again.
// Before the page hears of it: then it is gone.
document.addEventListener(
  "click",
  ({ target }) => {
    const entry = target.closest?.("[data-leaves]")?.closest(".acc-field, fieldset");
    const around = entry?.parentElement.closest("fieldset, .acc-call-form");
    around?.querySelector(":scope > .acc-call-more > summary, :scope > button")?.focus();
  },
  true,
);

// The key that a button names sends the form that both are in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = event.target.closest?.("form")?.querySelector('[aria-keyshortcuts="Control+Enter"]');
  if (!button) return;
  event.preventDefault();
  button.click();
});
