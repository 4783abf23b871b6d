// One layer in four views: its box, its words in the spec, its row of the costs, its lines of source.
// Needs paths.js.

/** What is about a layer beside the boxes of drawings, by view. */
const VIEWS = {
  spec: '.spec [data-paths]',
  numbers: '.own [data-path]',
  cost: '.cost [data-path]',
  source: '.source [data-paths]',
  findings: '.findings [data-paths]',
  charts: '.charts [data-path]',
};

/** A network on the page. Parts of it are looked for when they are asked for, and again once they are others. */
class Chapter {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.key;
    this.again = []; // What is done once more when parts of it are others.
    this.renew();
  }

  /** Look for everything anew. */
  renew() {
    this.kept = {};
  }

  get known() {
    return (this.kept.known ??= pathsOf(this.element));
  }

  /** Elements of a view, with the paths that they are about. */
  parts(view) {
    return (this.kept[view] ??= view === 'box' ? this.boxes() : [...this.element.querySelectorAll(VIEWS[view])].map((element) => ({
      element,
      paths: (element.dataset.paths ?? element.dataset.path).split(' '),
    })));
  }

  get views() {
    return Object.fromEntries(['box', ...Object.keys(VIEWS)].map((view) => [view, this.parts(view)]));
  }

  /** The boxes of all drawings; one that shows several places is about each of them. */
  boxes() {
    return [...this.element.querySelectorAll('.drawing')].flatMap((figure) => this.boxesOf(figure));
  }

  boxesOf(figure) {
    const found = [];
    const roots = figure.dataset.roots.split(' ').filter(Boolean);
    for (const element of figure.querySelectorAll('g.node')) {
      const own = pathOfBox(element.id, figure.dataset.sheet, this.known);
      const alike = roots.slice(1).map((root) => root + own.slice(roots[0].length));
      if (own) found.push({ element, figure, paths: [own, ...alike] });
    }
    return found;
  }

  /** The view that an element is a part of, and the part; nothing of what can't be chosen. */
  at(element) {
    this.kept.at ??= new Map(Object.entries(this.views).flatMap(([view, parts]) => parts.map((part) => [part.element, { view, part }])));
    return this.kept.at.get(element);
  }

  /** What is about a path, by view. Cards of the overview always tell which step it is in. */
  find(path) {
    const found = {};
    for (const [view, parts] of Object.entries(this.views)) found[view] = about(path, parts);
    const step = path.split('.')[0];
    const boxes = this.parts('box');
    const inner = boxes.filter((part) => part.figure.closest('.step'));
    found.box = path === step ? about(path, boxes) : about(path, inner);
    const cards = boxes.filter((part) => part.figure.closest('.overview'));
    found.box = [...new Set([...found.box, ...about(step, cards)])];
    return found;
  }
}

const selection = { chapter: null, path: '' };

/** Mark a layer everywhere; what is about it, by view. */
function mark(chapter, path) {
  deselect();
  Object.assign(selection, { chapter, path });
  const found = chapter.find(path);
  for (const parts of Object.values(found)) {
    for (const { element } of parts) element.classList.add('chosen');
  }
  tell(chapter, path, found);
  return found;
}

/** Choose a layer; `from` is the view that it was chosen in, which stays where it is. */
function select(chapter, path, from) {
  const found = mark(chapter, path);
  for (const view of ['spec', 'source']) {
    if (view !== from && found[view].length) reveal(found[view][0].element);
  }
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

/** Let what has paths be chosen with a click, boxes with the keyboard too. */
function choosable(chapter) {
  const chosen = (event) => chapter.at(event.target.closest('.choosable'));
  chapter.element.addEventListener('click', (event) => {
    const found = event.target.closest('a') ? null : chosen(event);
    if (!found) return;
    select(chapter, found.part.paths[0], found.view);
    if (found.view === 'box') opened(chapter, found.part);
  });
  chapter.element.addEventListener('keydown', (event) => {
    if ((event.key !== 'Enter' && event.key !== ' ') || chosen(event)?.view !== 'box') return;
    event.preventDefault();
    event.target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
}

/** Show of what is new in a chapter that it can be chosen. */
function offered(chapter, root) {
  for (const element of root.querySelectorAll(Object.values(VIEWS).join())) element.classList.add('choosable');
  reachable(chapter, root);
}

/** Boxes of layers can be reached with the keyboard. */
function reachable(chapter, root) {
  for (const figure of inside(root, '.drawing')) {
    for (const { element } of chapter.boxesOf(figure)) {
      element.classList.add('choosable');
      element.setAttribute('tabindex', '0');
      element.setAttribute('role', 'button');
    }
  }
}
