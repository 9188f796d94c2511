// Moves a border between panes, by a pointer and by keys. It is loaded when somebody is about to.

export function movable(element, border, place) {
  if (border.onkeydown) return;
  const { limits } = border.dataset;
  const pane = element.querySelector(`.acc-${limits}`);
  const sign = limits === "guide" ? 1 : -1;
  const size = () => parseFloat(element.style.getPropertyValue(`--acc-${limits}-size`));
  const move = (to) => place(element, border, to);
  border.onkeydown = (event) => {
    const [least, most] = [border.ariaValueMin, border.ariaValueMax].map(Number);
    const ways = { ArrowRight: sign, ArrowDown: sign, ArrowLeft: -sign, ArrowUp: -sign };
    const ends = { Home: least, End: most, Enter: undefined };
    const { key } = event;
    if (key in ends) move(ends[key]);
    else if (key in ways) move(size() + (ways[key] * (most - least)) / 10);
    else return;
    event.preventDefault();
  };
  border.ondblclick = () => move();
  border.onpointerdown = ({ pointerId }) => border.setPointerCapture(pointerId);
  border.onpointermove = ({ buttons, offsetX, offsetY }) => {
    if (!buttons) return;
    // How far the pointer is from the border, in the units of its size.
    const [by, length] =
      limits === "log"
        ? [offsetY - border.clientHeight / 2, pane.offsetHeight]
        : [offsetX - border.clientWidth / 2, pane.offsetWidth];
    move(size() + (sign * by * size()) / length);
  };
}
