// What a reader has done to the page, carried to the page that follows. Needs start.js.

const FIELDS = ['find', 'heat', 'batch', 'bytes', 'rows', 'filter'];

/** What a fold is called: by its steps, or by what stands on it; each name once. */
function foldsOf(root) {
  const found = new Map();
  for (const each of root.querySelectorAll('details')) {
    found.set(each.dataset.paths ?? each.querySelector('summary').textContent, each);
  }
  return found;
}

/** What can be scrolled by itself, by what it is called. */
function panesOf(root) {
  const found = new Map();
  for (const each of root.querySelectorAll('.lines, .scroll, .canvas')) found.set(each.getAttribute('aria-label'), each);
  return found;
}

function fieldsOf(root) {
  const found = FIELDS.map((name) => [name, root.querySelector(`.${name}`)]);
  return new Map(found.filter(([, field]) => field));
}

/** What has the keyboard: a box, a field, or a part with a name. */
function focusOf() {
  const { id, classList, tagName } = document.activeElement ?? document.body;
  const label = document.activeElement?.getAttribute('aria-label');
  if (id) return () => document.getElementById(id);
  if (classList.length && tagName !== 'DIV') return () => document.querySelector(`main .${classList[0]}`);
  return label ? () => document.querySelector(`main [aria-label="${CSS.escape(label)}"]`) : () => null;
}

/** How the columns of a table are sorted. */
function orderOf(table) {
  const heads = [...(table?.tHead.rows[0].cells ?? [])];
  const at = heads.findIndex((head) => head.hasAttribute('aria-sort'));
  return at < 0 ? null : { at, order: heads[at].getAttribute('aria-sort') };
}

/** Put other parts in the place of the page's main part, and leave it as the reader has it. */
function carry(main) {
  const old = document.querySelector('main');
  const [folds, panes, fields] = [foldsOf(old), panesOf(old), fieldsOf(old)];
  const [order, focus, top, { path }] = [orderOf(old.querySelector('.cost')), focusOf(), scrollY, selection];
  const chosen = selection.chapter?.key;
  const places = new Map([...panes].map(([name, pane]) => [name, [pane.scrollLeft, pane.scrollTop]]));
  deselect();
  for (const [name, fold] of foldsOf(main)) if (folds.has(name)) fold.open = folds.get(name).open;
  for (const [name, field] of fieldsOf(main)) if (fields.has(name)) field.value = fields.get(name).value;
  old.replaceWith(main);
  start();
  const chapter = chapters.find((each) => each.key === chosen);
  if (chapter?.known.has(path)) select(chapter, path, '');
  for (const [name, pane] of panesOf(main)) {
    enlarge(pane, panes.get(name));
    if (places.has(name)) [pane.scrollLeft, pane.scrollTop] = places.get(name);
  }
  const head = order && main.querySelector('.cost').tHead.rows[0].cells[order.at];
  while (head && head.getAttribute('aria-sort') !== order.order) head.firstChild.click();
  focus()?.focus({ preventScroll: true });
  scrollTo({ top, behavior: 'instant' });
}

/** A drawing as large as another. */
function enlarge(pane, as) {
  if (!as?.classList.contains('zoomed')) return;
  pane.classList.add('zoomed');
  pane.querySelector('svg').style.width = as.querySelector('svg').style.width;
}
