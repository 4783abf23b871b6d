// Drawings that are made larger and moved about. Needs nothing.

const LARGER = 1.25;

/** Buttons for a drawing's size; a large one is moved with the pointer, or scrolled. */
function movable(canvas) {
  const svg = canvas.querySelector('svg');
  const full = svg.viewBox.baseVal.width;
  const size = (width) => {
    canvas.classList.toggle('zoomed', Boolean(width));
    svg.style.width = width ? `${width}px` : '';
  };
  const scaled = (by) => {
    const middle = (canvas.scrollLeft + canvas.clientWidth / 2) / canvas.scrollWidth;
    size(Math.min(Math.max(svg.getBoundingClientRect().width * by, full / 8), full * 8));
    canvas.scrollLeft = middle * canvas.scrollWidth - canvas.clientWidth / 2;
  };
  const acts = { '+': () => scaled(LARGER), '−': () => scaled(1 / LARGER), fit: () => size(0) };
  const tools = document.createElement('div');
  tools.className = 'tools';
  for (const [name, act] of Object.entries(acts)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', { '+': 'Larger', '−': 'Smaller', fit: 'Fit' }[name]);
    button.addEventListener('click', act);
    tools.append(button);
  }
  canvas.before(tools);
  canvas.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    scaled(event.deltaY < 0 ? LARGER : 1 / LARGER);
  }, { passive: false });
}

/** The drawing that is being moved by the pointer, like paper, and where that began. */
let held = null;

addEventListener('pointerdown', (event) => {
  const canvas = event.target.closest('.canvas');
  if (!canvas || event.pointerType !== 'mouse' || event.button) return;
  held = { canvas, x: event.clientX + canvas.scrollLeft, y: event.clientY + canvas.scrollTop, moved: false };
});
addEventListener('pointermove', (event) => {
  if (!held) return;
  const [left, top] = [held.x - event.clientX, held.y - event.clientY];
  held.moved ||= Math.abs(left - held.canvas.scrollLeft) + Math.abs(top - held.canvas.scrollTop) > 4;
  if (held.moved) held.canvas.scrollTo({ left, top, behavior: 'instant' });
});
// The click that ends a move chooses nothing.
addEventListener('pointerup', () => {
  if (held?.moved) held.canvas.addEventListener('click', (event) => event.stopPropagation(), { capture: true, once: true });
  held = null;
});
