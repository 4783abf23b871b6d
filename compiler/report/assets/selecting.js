// One layer in four views: its box, its words in the spec, its row of the costs, its lines of source.
// Needs paths.js.

class Chapter {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.key;
    this.known = pathsOf(element);
    this.views = {
      box: this.boxes(),
      spec: this.parts('.spec [data-paths]'),
      numbers: this.parts('.own [data-path]'),
      cost: this.parts('.cost [data-path]'),
      source: this.parts('.source [data-paths]'),
      findings: this.parts('.findings [data-paths]'),
      charts: this.parts('.charts [data-path]'),
    };
  }

  /** Elements with the paths that they are about. */
  parts(selector) {
    return [...this.element.querySelectorAll(selector)].map((element) => ({
      element,
      paths: (element.dataset.paths ?? element.dataset.path).split(' '),
    }));
  }

  /** The boxes of all drawings; one that shows several places is about each of them. */
  boxes() {
    const found = [];
    for (const figure of this.element.querySelectorAll('.drawing')) {
      const roots = figure.dataset.roots.split(' ').filter(Boolean);
      for (const element of figure.querySelectorAll('g.node')) {
        const own = pathOfBox(element.id, figure.dataset.sheet, this.known);
        const alike = roots.slice(1).map((root) => root + own.slice(roots[0].length));
        if (own) found.push({ element, figure, paths: [own, ...alike] });
      }
    }
    return found;
  }

  /** What is about a path, by view. Cards of the overview always tell which step it is in. */
  find(path) {
    const found = {};
    for (const [view, parts] of Object.entries(this.views)) found[view] = about(path, parts);
    const step = path.split('.')[0];
    const inner = this.views.box.filter((part) => part.figure.closest('.step'));
    found.box = path === step ? about(path, this.views.box) : about(path, inner);
    const cards = this.views.box.filter((part) => part.figure.closest('.overview'));
    found.box = [...new Set([...found.box, ...about(step, cards)])];
    return found;
  }
}

const selection = { chapter: null, path: '' };

/** Mark a layer everywhere; `from` is the view that it was chosen in, which stays where it is. */
function select(chapter, path, from) {
  deselect();
  Object.assign(selection, { chapter, path });
  const found = chapter.find(path);
  for (const parts of Object.values(found)) {
    for (const { element } of parts) element.classList.add('chosen');
  }
  for (const view of ['spec', 'source']) {
    if (view !== from && found[view].length) reveal(found[view][0].element);
  }
  tell(chapter, path, found);
  history.replaceState(null, '', `#${chapter.key}/${path}`);
}

function deselect() {
  for (const element of document.querySelectorAll('.chosen')) element.classList.remove('chosen');
  document.getElementById('chosen').hidden = true;
  selection.chapter = null;
}

/** Bring a line into view in its own pane, and leave the page where it is. */
function reveal(element) {
  const pane = element.closest('.lines');
  const line = element.closest('.line');
  pane.scrollTop = line.offsetTop - pane.clientHeight / 3;
}

/** The bar below says what is chosen, and leads to each view of it. */
function tell(chapter, path, found) {
  const bar = document.getElementById('chosen');
  const name = document.createElement('b');
  name.textContent = path;
  bar.replaceChildren(name);
  for (const [view, parts] of Object.entries(found)) {
    if (parts.length) bar.append(link(view, () => show(parts)));
  }
  bar.append(link('close', deselect));
  bar.hidden = false;
}

function link(text, act) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.addEventListener('click', act);
  return button;
}

/** Go to the first of some parts that is no card; what is closed around it is opened. */
function show(parts) {
  const first = parts.find((part) => part.element.closest('.step')) ?? parts[0];
  openAround(first.element);
  const row = first.element.closest('tr');
  if (row) row.hidden = false;
  first.element.scrollIntoView({ block: 'center' });
}

function openAround(element) {
  for (let each = element.closest('details'); each; each = each.parentElement.closest('details')) {
    each.open = true;
  }
}

/** Let what has paths be chosen with a click, or with the keyboard where `reachable`. */
function choosable(chapter, view, reachable) {
  for (const { element, paths } of chapter.views[view]) {
    element.classList.add('choosable');
    element.addEventListener('click', (event) => {
      if (event.target.closest('a')) return;
      event.stopPropagation();
      select(chapter, paths[0], view);
    });
    if (reachable) asButton(element);
  }
}

function asButton(element) {
  element.setAttribute('tabindex', '0');
  element.setAttribute('role', 'button');
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    element.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
}
