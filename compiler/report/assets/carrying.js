// What a reader has done to parts of the page, carried to those that follow. Needs start.js.

const FIELDS = ['find', 'heat', 'batch', 'bytes', 'rows', 'filter'];

/** What a fold is called: by its steps, or by what stands on it; each name once. */
function foldsOf(root) {
  const named = (each) => each.dataset.paths ?? each.querySelector('summary').textContent;
  return new Map(inside(root, 'details').map((each) => [named(each), each]));
}

/** What can be scrolled by itself, by what it is called. */
function panesOf(root) {
  return new Map(inside(root, '.lines, .scroll, .canvas').map((each) => [each.getAttribute('aria-label'), each]));
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
function orderOf(root) {
  const heads = [...(root.querySelector('table.cost')?.tHead.rows[0].cells ?? [])];
  const at = heads.findIndex((head) => head.hasAttribute('aria-sort'));
  return at < 0 ? null : { at, order: heads[at].getAttribute('aria-sort') };
}

/** What has been done to a part of the page; a function that does it to another. */
function doneTo(old) {
  const [folds, panes, fields, order] = [foldsOf(old), panesOf(old), fieldsOf(old), orderOf(old)];
  const places = new Map([...panes].map(([name, pane]) => [name, [pane.scrollLeft, pane.scrollTop]]));
  return {
    before(anew) {
      for (const [name, fold] of foldsOf(anew)) if (folds.has(name)) fold.open = folds.get(name).open;
      for (const [name, field] of fieldsOf(anew)) if (fields.has(name)) field.value = fields.get(name).value;
    },
    after(anew) {
      for (const [name, pane] of panesOf(anew)) {
        enlarge(pane, panes.get(name));
        const [left, top] = places.get(name) ?? [0, 0];
        if (left) pane.scrollLeft = left;
        if (top) pane.scrollTop = top;
      }
      const head = order && anew.querySelector('table.cost').tHead.rows[0].cells[order.at];
      while (head && head.getAttribute('aria-sort') !== order.order) head.firstChild.click();
    },
  };
}

/** Put parts in the places of others, bring them to life, and leave them as the reader has those. */
function carry(pairs, enlivened) {
  const held = pairs.some(([old]) => old.contains(document.activeElement));
  const [focus, top, { chapter: within, path }] = [focusOf(), scrollY, selection];
  const done = pairs.map(([old]) => doneTo(old));
  deselect();
  pairs.forEach(([old, anew], place) => {
    done[place].before(anew);
    old.replaceWith(anew);
  });
  enlivened();
  const chapter = within && chapters.find((each) => each.key === within.key);
  if (chapter?.known.has(path)) mark(chapter, path);
  pairs.forEach(([, anew], place) => done[place].after(anew));
  if (held) focus()?.focus({ preventScroll: true });
  if (scrollY !== top) scrollTo({ top, behavior: 'instant' });
}

/** Put pieces of a page, as HTML, in the places of those that it has; whether it has places for all.
 *
 * Where there are others than before, `runs` has the names of those that follow each other.
 */
function exchange({ htmls, runs }) {
  const holder = document.createElement('template');
  holder.innerHTML = htmls.join('');
  const anew = [...holder.content.children];
  const there = new Map([...document.querySelectorAll('[data-piece]')].map((each) => [each.dataset.piece, each]));
  const old = (element) => there.get(element.dataset.piece);
  const fits = runs ? runs.every((names) => names.some((name) => there.has(name))) : anew.every(old);
  if (!fits) return false;
  const pairs = anew.filter(old).map((each) => [old(each), each]);
  const texts = pairs.filter(([one, other]) => ofLines(one, other));
  const others = pairs.filter((pair) => !texts.includes(pair));
  const fresh = anew.filter((each) => !texts.some(([, text]) => text === each));
  carry(others, () => {
    for (const [one, other] of texts) reline(one, other);
    if (runs) arrange(runs, new Map([...there, ...fresh.map((each) => [each.dataset.piece, each])]));
    renew(fresh);
  });
  return true;
}

/** Whether two pieces are texts in the same panes, of which most lines may be the same. */
function ofLines(one, other) {
  const named = (piece) => [...piece.querySelectorAll('.lines')].map((pane) => pane.getAttribute('aria-label')).join('\n');
  return one.matches('.spec, .source') && named(one) === named(other);
}

/** Put the lines that are others in the places of those that were there, between those that stay. */
function reline(one, other) {
  const now = [...other.querySelectorAll('.lines')];
  for (const said of other.querySelectorAll('[data-paths]')) said.classList.add('choosable');
  [...one.querySelectorAll('.lines')].forEach((pane, place) => {
    const [was, are] = [[...pane.children], [...now[place].children]];
    const least = Math.min(was.length, are.length);
    let top = 0;
    while (top < least && was[top].isEqualNode(are[top])) top += 1;
    let end = 0;
    while (end < least - top && was.at(-1 - end).isEqualNode(are.at(-1 - end))) end += 1;
    const behind = was[was.length - end] ?? null;
    for (const line of was.slice(top, was.length - end)) line.remove();
    for (const line of are.slice(top, are.length - end)) pane.insertBefore(line, behind);
  });
}

/** Leave the pieces that are named, those of a run behind each other; new ones come to stand there. */
function arrange(runs, pieces) {
  const named = new Set(runs.flat());
  for (const [name, piece] of pieces) if (!named.has(name)) piece.remove();
  for (const names of runs) {
    const run = names.map((name) => pieces.get(name));
    const first = run.find((each) => each.isConnected);
    if (first !== run[0]) first.before(run[0]);
    run.slice(1).forEach((each, place) => {
      if (run[place].nextElementSibling !== each) run[place].after(each);
    });
  }
}

/** A drawing as large as another. */
function enlarge(pane, as) {
  if (!as?.classList.contains('zoomed')) return;
  pane.classList.add('zoomed');
  pane.querySelector('svg').style.width = as.querySelector('svg').style.width;
}
