// A drawing of equal uses of a block stands on the page once; every other use gets a copy of it here,
// under its own paths, so that nothing else has to know. Needs nothing.

/** What a drawing and the use in it are called. */
function calledOf(figure) {
  return { sheet: figure.dataset.sheet, root: figure.dataset.roots.split(' ')[0] };
}

/** An id of one drawing as that of another: the drawing's name, then the path of a box. */
function movedId(id, from, to) {
  const rest = id.slice(from.sheet.length);
  const own = `-${from.root}`;
  const inside = rest === own || rest.startsWith(`${own}.`);
  return to.sheet + (inside ? `-${to.root}${rest.slice(own.length)}` : rest);
}

/** What the pointer is told: a path and what is there, or what comes into the use. */
function movedWords(text, from, to) {
  if (/^[.:]/.test(text.slice(from.root.length)) && text.startsWith(from.root)) {
    return to.root + text.slice(from.root.length);
  }
  return text.endsWith(` ${from.root}`) ? text.slice(0, -from.root.length) + to.root : text;
}

function copied(canvas, from, to) {
  const copy = canvas.cloneNode(true);
  copy.classList.remove('zoomed');
  copy.querySelector('svg').style.width = '';
  const selector = ({ sheet }) => `#${sheet.replaceAll('.', '\\.')} `;
  copy.setAttribute('aria-label', to.root);
  for (const element of copy.querySelectorAll('[id]')) element.id = movedId(element.id, from, to);
  for (const svg of copy.querySelectorAll('svg')) {
    const labels = svg.getAttribute('aria-labelledby').split(' ');
    svg.setAttribute('aria-labelledby', labels.map((id) => movedId(id, from, to)).join(' '));
  }
  for (const title of copy.querySelectorAll('title')) title.textContent = movedWords(title.textContent, from, to);
  for (const style of copy.querySelectorAll('style')) {
    style.textContent = style.textContent.replaceAll(selector(from), selector(to));
  }
  return copy;
}

/** Give the drawings that have none of their own a copy, where they or what they are like is among the new. */
function share(isNew) {
  const drawn = new Map();
  for (const figure of document.querySelectorAll('.step .drawing')) drawn.set(figure.dataset.sheet, figure);
  const anew = [];
  for (const figure of document.querySelectorAll('.drawing[data-like]')) {
    const first = drawn.get(figure.dataset.like);
    if (!isNew(figure) && !isNew(first)) continue;
    const canvas = copied(first.querySelector('.canvas'), calledOf(first), calledOf(figure));
    figure.querySelector(':scope > .tools')?.remove();
    figure.querySelector('.like, .canvas').replaceWith(canvas);
    anew.push(canvas);
  }
  return anew;
}
