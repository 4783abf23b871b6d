// Finding boxes by name, kernel or width. Needs hearing.js, selecting.js and opening.js.

/** A text as it is searched in: `3x3` finds `3×3`, whatever the spaces. */
function plain(text) {
  return text.toLowerCase().replaceAll('×', 'x').replace(/\s+/g, ' ').trim();
}

function wordsOf(part) {
  const drawn = [...part.element.querySelectorAll('text')].map((text) => text.textContent);
  return (part.words ??= plain([part.paths.join(' '), ...drawn].join(' ')));
}

/** Whether all words occur; one of letters and digits alone as a whole word where it is a number. */
function matches(text, wanted) {
  return wanted.every((word) =>
    /^\d+$/.test(word) ? new RegExp(`(^|[^\\d])${word}($|[^\\d])`).test(text) : text.includes(word));
}

function told(count) {
  if (!count) return 'no box has that';
  return count === 1 ? '1 box; Enter goes to it' : `${count} boxes; Enter goes to the next`;
}

function searchable(chapter) {
  const input = chapter.element.querySelector('.find');
  const hits = chapter.element.querySelector('.hits');
  let found = [];
  let at = -1;
  const search = () => {
    const wanted = plain(input.value).split(' ').filter(Boolean);
    if (!wanted.length && !found.length && !hits.textContent) return;
    const boxes = chapter.parts('box');
    found = wanted.length ? boxes.filter((part) => !part.figure.hidden && matches(wordsOf(part), wanted)) : [];
    const marked = new Set(found);
    for (const part of boxes) part.element.classList.toggle('found', marked.has(part));
    at = -1;
    hits.textContent = wanted.length ? told(found.length) : '';
  };
  heard(input, search);
  chapter.again.push(search);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !found.length) return;
    event.preventDefault();
    at = (at + (event.shiftKey ? found.length - 1 : 1)) % found.length;
    const part = found[at];
    openAround(part.element);
    select(chapter, part.paths[0], 'box');
    part.element.scrollIntoView({ block: 'center' });
    hits.textContent = `${at + 1} of ${found.length}`;
  });
}
