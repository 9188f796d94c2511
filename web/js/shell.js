// The frame of the page: the borders between its panes, whether these stand below each other, and what the browser
// keeps of how it all looks.
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
  for (const border of borders(element)) border.dispatchEvent(new Event("dblclick"));
}

export function watch(element) {
  const page = element.firstElementChild;
  for (const border of borders(element)) movable(element, border);
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
}

const borders = (element) => element.querySelectorAll("[role=separator]");

function movable(element, border) {
  const name = border.dataset.limits;
  const pane = element.querySelector(`.acc-${name}`);
  const sign = name === "guide" ? 1 : -1;
  const [first, least, most] = ["Now", "Min", "Max"].map((end) => +border[`ariaValue${end}`]);
  let size;
  const move = (to) => {
    size = Math.min(Math.max(to, least), most);
    border.ariaValueNow = Math.round(size);
    element.style.setProperty(`--acc-${name}-size`, size);
    write({ [name]: size === first ? undefined : size });
  };
  border.onkeydown = (event) => {
    const ways = { ArrowRight: sign, ArrowDown: sign, ArrowLeft: -sign, ArrowUp: -sign };
    const ends = { Home: least, End: most, Enter: first };
    const to = ends[event.key] ?? size + (ways[event.key] * (most - least)) / 10;
    if (isNaN(to)) return;
    event.preventDefault();
    move(to);
  };
  border.ondblclick = () => move(first);
  border.onpointerdown = ({ pointerId }) => border.setPointerCapture(pointerId);
  border.onpointermove = ({ buttons, offsetX, offsetY }) => {
    if (!buttons) return;
    // How far the pointer is from the border, in the units of its size.
    const [by, length] =
      name === "log"
        ? [offsetY - border.clientHeight / 2, pane.offsetHeight]
        : [offsetX - border.clientWidth / 2, pane.offsetWidth];
    move(size + (sign * by * size) / length);
  };
  const known = read()[name];
  move(Number.isFinite(known) ? known : first);
}
