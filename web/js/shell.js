// The frame of the page: where the borders between its panes are, whether these stand below each other, and what the
// browser keeps of how it all looks.
const KEY = "accession.settings";

// Storage may be shut, and may hold anything.
function read() {
  try {
    return Object(JSON.parse(localStorage.getItem(KEY)));
  } catch {
    return {};
  }
}

// Keeps what is not as it is at first.
function write(change) {
  const { guide, explain, log, look } = { ...read(), ...change };
  const text = JSON.stringify({ guide, explain, log, look });
  try {
    if (text === "{}") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
  } catch {
    // It lasts as long as the page.
  }
}

export function kept() {
  return String(read().look ?? "");
}

export function keep(look) {
  write({ look: look.trim() || undefined });
}

export function reset(element) {
  for (const border of borders(element)) place(element, border);
}

// The messages of another language as JSON, if the page has one, and the form of a number in it.
let words;

export function messages(element) {
  words = element.words;
  return words && JSON.stringify(words.messages);
}

export function form(number) {
  return words.form(number);
}

const borders = (element) => element.querySelectorAll("[role=separator]");

// Puts a border somewhere; to where it is at first, if it is not told where.
function place(element, border, to) {
  const { limits } = border.dataset;
  const first = +(border.dataset.first ??= border.ariaValueNow);
  const within = Math.min(Math.max(to, border.ariaValueMin), border.ariaValueMax);
  const size = Number.isFinite(to) ? within : first;
  border.ariaValueNow = Math.round(size);
  element.style.setProperty(`--acc-${limits}-size`, size);
  write({ [limits]: size === first ? undefined : size });
}

export function watch(element) {
  const page = element.firstElementChild;
  for (const border of borders(element)) {
    place(element, border, read()[border.dataset.limits]);
    // What moves it comes when somebody is about to.
    border.onfocus = border.onpointerenter = async () => {
      const { movable } = await import(new URL("borders.js", document.baseURI).href);
      movable(element, border, place);
    };
  }
  // A key that no element has is the page's.
  document.addEventListener("keydown", (event) => {
    if (event.target !== document.body) return;
    if (!page.dispatchEvent(new KeyboardEvent("keydown", event))) event.preventDefault();
  });
  let before;
  new ResizeObserver(() => {
    // The style sheet decides.
    const now = getComputedStyle(page).getPropertyValue("--acc-narrow") ? "narrow" : "wide";
    if (now !== before) page.dispatchEvent(new Event(`acc-${(before = now)}`, { bubbles: true }));
  }).observe(page);
  // Its lines are drawn for the space that they have, which is theirs to look at.
  const log = page.querySelector(".acc-log-lines");
  new ResizeObserver(() => log.dispatchEvent(new Event("scroll"))).observe(log);
}
