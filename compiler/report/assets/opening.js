// Cards that open their step, links that lead to a layer, and all steps at once. Needs selecting.js.

function stepOf(chapter, path) {
  const name = path.split('.')[0];
  const steps = [...chapter.element.querySelectorAll('.step')];
  return steps.find((step) => step.dataset.paths.split(' ').includes(name));
}

/** A card opens its step; a box in a step chooses itself alone. */
function opened(chapter, { figure, paths }) {
  const step = figure.closest('.overview') && stepOf(chapter, paths[0]);
  if (!step) return;
  step.open = true;
  step.scrollIntoView({ block: 'nearest' });
}

/** Boxes of what a finding is about are marked. */
function warn(chapter) {
  const warned = new Set(chapter.parts('findings').flatMap(({ paths }) => paths));
  if (!warned.size && !chapter.warned) return;
  chapter.warned = warned.size > 0;
  for (const { element, paths } of chapter.parts('box')) {
    element.classList.toggle('warned', paths.some((path) => warned.has(path)));
  }
}

function openAll(chapter, open) {
  for (const each of chapter.element.querySelectorAll('.step')) each.open = open;
}

/** What the address names behind `#`; nothing where that can't be read. */
function named() {
  try {
    return decodeURIComponent(location.hash.slice(1)).split('/');
  } catch {
    return [];
  }
}

/** Go to what the address names: a chapter, or a layer of one. */
function follow(chapters) {
  const [key, path] = named();
  const chapter = chapters.find((each) => each.key === key);
  if (!chapter || !path) return;
  const there = chapter.known.has(path);
  const step = there ? stepOf(chapter, path) : document.getElementById(`${key}/${path}`);
  const details = step?.closest('details');
  if (details) details.open = true;
  if (there) select(chapter, path, '');
  details?.scrollIntoView();
}
