// The page: a text, what the compiler says of it, and one layer shown in all views.

import { editorIn } from './editor.js';
import { isIn, pathAt, pathOn } from './paths.js';
import { problems } from './problems.js';
import { Dropped, Python, Refused, Unbuilt } from './python.js';
import { byId, element } from './saying.js';
import { addressed, asked, download, keep, kept, pixels } from './sharing.js';
import { costs, draw, lines, mark, placesOf, stepOf, totals } from './views.js';

const ASSETS = new URL('.', import.meta.url);
const at = (name) => new URL(name, ASSETS).href;
const PAUSE = 20; // Milliseconds without a key before a text is looked at.
const SETTLED = 400; // And before it is kept, and written into the address.
const LONG = 700; // From when on it is said that an answer takes long, with a way to stop.
const TOO_LONG = 60_000; // And when it is stopped.
const { begin: BEGIN } = document.documentElement.dataset;

const state = { text: '', base: '', variant: '', path: '', tab: 'picture', heat: 'macs', layers: false };
const seen = { places: {}, known: new Set(), cost: null, before: null, fresh: false, looked: false };
const views = { overview: [], detail: [], cost: [], source: [] };
let shelf = new Map();
let editor = null;
let python = null;

const nameOf = () => state.base.split('@')[0] || 'network';
const fileOf = () => `${nameOf()}.yaml`;
const given = () => ({ text: state.text, file: fileOf(), variant: state.variant });

/**
 * The answer, or null where it isn't needed any more; what is refused is shown in `place`. That a spec
 * is wrong is said of its cost alone, not in each view again.
 */
async function answered(word, rest, place) {
  try {
    const found = await python.ask(word, rest);
    if (place) place.textContent = '';
    return found;
  } catch (why) {
    if (why instanceof Dropped) return null;
    if (why instanceof Unbuilt && place && place !== byId('refused')) place.textContent = '';
    else if (place && why instanceof Refused) place.textContent = why.message;
    else say(`${why.message}`, true);
    return null;
  }
}

function say(text, wrong = false) {
  byId('said').textContent = text;
  byId('said').classList.toggle('error', wrong);
}

// What Python is at: a long answer can be stopped, and one that never ends is.

let since = 0;
function told(what, why) {
  document.documentElement.dataset.python = what;
  const words = { loading: 'starting Python …', ready: 'ready', busy: 'ready', failed: 'Python could not be started' };
  if (what !== 'busy') byId('state').textContent = words[what];
  if (what === 'failed') say(why, true);
  if (what === 'ready' && editor && !seen.looked) look();
  since = what === 'busy' ? performance.now() : 0;
  if (!since) byId('stop').hidden = true;
}

setInterval(() => {
  const spent = since ? performance.now() - since : 0;
  if (spent < LONG) return;
  byId('stop').hidden = false;
  byId('state').textContent = `working for ${(spent / 1000).toFixed(0)} s …`;
  if (spent > TOO_LONG) stop('It took a minute, and was stopped: edit the spec and it is tried again.');
}, 250);

function stop(words) {
  python.stop();
  seen.looked = true; // What took so long isn't asked again before it has changed.
  say(words);
}

// Looking at a text.

let pause = 0;
let settled = 0;
function typed(text) {
  state.text = text;
  clearTimeout(pause);
  clearTimeout(settled);
  pause = setTimeout(look, PAUSE);
  settled = setTimeout(settle, SETTLED);
}

async function settle() {
  keep(state);
  const hash = await addressed(state, shelf);
  history.replaceState(null, '', hash || location.pathname);
  byId('long').hidden = Boolean(hash);
}

/** All is asked at once, so that Python never waits for the page: figures, what is in view, findings. */
async function look() {
  seen.looked = true;
  const started = performance.now();
  const { text } = state;
  const counting = answered('cost', given(), byId('refused')).then((cost) => {
    if (text !== state.text) return;
    document.documentElement.classList.toggle('stale', !cost);
    if (cost) counted(cost);
  });
  const showing = show(counting);
  const check = await answered('check', { text, file: fileOf() });
  await Promise.all([counting, showing]);
  if (text !== state.text) return;
  if (check) checked(check);
  // What keeps it from being counted is told among the findings, too.
  if (check && !check.builds) byId('refused').textContent = '';
  document.documentElement.dataset.took = Math.round(performance.now() - started);
  document.documentElement.dataset.looked = text.length;
}

function checked(check) {
  const found = JSON.parse(check.json).problems;
  problems(found, check.means, fileOf(), { go: ({ line, column }) => editor.go(line, column), mend, explain });
  editor.mark(found, fileOf(), mend);
  byId('summary').textContent = check.summary;
  if (check.builds) choices(check.variants);
}

function counted(cost) {
  const same = seen.cost && JSON.stringify(seen.cost.total) === JSON.stringify(cost.total);
  if (!same) seen.before = seen.fresh ? null : seen.cost?.total ?? null;
  seen.fresh = false;
  Object.assign(seen, { cost, places: cost.places, known: new Set() });
  for (const path of [...Object.keys(cost.places), ...cost.layers.map((each) => each.path)]) {
    const parts = path.split('.');
    for (let count = 1; count <= parts.length; count += 1) seen.known.add(parts.slice(0, count).join('.'));
  }
  totals(cost.total, seen.before);
  if (!seen.known.has(state.path)) state.path = '';
}

async function mend(number) {
  const found = await answered('fix', { text: state.text, file: fileOf(), place: number }, byId('refused'));
  if (found) editor.become(found.text);
}

async function explain(code) {
  const found = await answered('explain', { code });
  return found?.text ?? '';
}

// The views: what is shown is asked for, and nothing else.

/** Show what is in view, once what it takes from `counting` is there. */
async function show(counting = null) {
  await { picture, cost: table, source, diff }[state.tab](counting);
  light();
}

async function picture() {
  const wanted = { ...given(), heat: state.heat, form: 'svg', what: 'overview', slot: 'overview' };
  const drawing = answered('draw', wanted, byId('undrawn'));
  const detailing = detail();
  const whole = await drawing;
  if (whole) views.overview = draw(byId('overview'), whole.picture, whole.name, seen.known, choose);
  await detailing;
}

async function detail() {
  const step = stepOf(state.path);
  if (!step) return undetailed();
  const wanted = { ...given(), form: 'svg', what: step, slot: 'detail' };
  const part = await answered('draw', wanted, byId('undetailed'));
  if (!stepOf(state.path)) return undetailed(); // An edit took the step away.
  if (!part) return null;
  byId('step').textContent = step;
  byId('step').hidden = false;
  views.detail = draw(byId('detail'), part.picture, part.name, seen.known, choose);
  return mark(views.detail, state.path, false);
}

function undetailed() {
  byId('detail').replaceChildren();
  byId('undetailed').textContent = '';
  views.detail = [];
  byId('step').hidden = true;
}

async function table(counting) {
  await counting;
  if (seen.cost) views.cost = costs(seen.cost, state.layers, choose);
}

async function source() {
  const found = await answered('source', given(), byId('unsourced'));
  if (!found) return;
  views.source = lines(found.source, found.lines, choose);
}

async function diff() {
  if (!state.base) {
    byId('differs').textContent = 'This spec began as none of the shelf: choose one to start from above.';
    byId('sides').replaceChildren();
    return;
  }
  const found = await answered('diff', { ...given(), base: state.base }, byId('undiffed'));
  if (!found) return;
  byId('differs').textContent = found.differs;
  draw(byId('sides'), found.picture, '', new Set(), () => {});
}

// One layer in all views.

/** Show a layer in all views, the editor too unless it was chosen there. */
function choose(path, inEditor = false) {
  if (!path || path === state.path) return;
  const other = stepOf(path) !== stepOf(state.path);
  state.path = path;
  light();
  if (!inEditor) editor.reveal(placesOf(path, seen.places));
  if (other && state.tab === 'picture') detail();
}

function light() {
  const { path } = state;
  byId('chosen').textContent = path;
  byId('clear').hidden = !path;
  mark(views.overview, stepOf(path), true);
  mark(views.detail, path, false);
  mark(views.cost, path, true);
  mark(views.source, path, true);
  editor.choose(placesOf(path, seen.places));
}

function moved() {
  const { line, column } = editor.place;
  const path = pathAt(seen.places, line, column) || pathOn(seen.places, line);
  // The cursor within what is chosen already says nothing new.
  if (path && !(isIn(state.path, path) && seen.places[state.path]?.[0] === line)) choose(path, true);
}

function clear() {
  state.path = '';
  light();
  detail();
}

// Starting, keeping and sharing.

function choices(variants) {
  const field = byId('variant');
  const names = ['', ...variants];
  if (!names.includes(state.variant)) state.variant = '';
  field.replaceChildren(...names.map((name) => element('option', { value: name }, name || 'as written')));
  field.value = state.variant;
  byId('variants').hidden = variants.length === 0;
}

function open({ text, base, variant }) {
  const known = shelf.get(base.split('@')[0]);
  Object.assign(state, { text, base: known ? base : '', variant, path: '' });
  Object.assign(seen, { fresh: true, before: null });
  byId('start').value = state.base;
  choices([...new Set([...(known?.variants.map(({ name }) => name) ?? []), variant])].filter(Boolean));
  editor.open(text);
  settle();
  if (python.ready) look();
  else if (known?.text === text) first(known.name);
}

/** The drawing that was made with the page, until Python makes it. */
async function first(name) {
  const found = await fetch(at(`drawn/${name}.svg`));
  if (found.ok && !python.ready) draw(byId('overview'), await found.text(), `${name}.overview`, new Set(), () => {});
}

function shelved() {
  const groups = [...shelf.values()].map(({ name, title, variants }) =>
    element('optgroup', { label: title || name },
      element('option', { value: name }, name),
      ...variants.map((each) => element('option', { value: `${name}@${each.name}` }, `${name}@${each.name}`))));
  byId('start').replaceChildren(element('option', { value: '' }, 'Start from …'), ...groups);
}

function tab(name) {
  state.tab = name;
  for (const each of document.querySelectorAll('[role="tab"]')) {
    const own = each.dataset.tab === name;
    each.setAttribute('aria-selected', own);
    each.tabIndex = own ? 0 : -1;
    byId(`view-${each.dataset.tab}`).hidden = !own;
  }
  if (seen.cost) show();
}

const SAVED = {
  spec: () => [fileOf(), state.text, 'text/yaml'],
  source: async () => [`${nameOf()}.py`, (await answered('source', given(), byId('refused')))?.source, 'text/x-python'],
  svg: async () => ['overview.svg', await overview(), 'image/svg+xml'],
  png: async () => {
    const svg = await overview();
    return ['overview.png', svg && (await pixels(svg)), 'image/png'];
  },
  report: async () => ['report.html', (await answered('report', { ...given(), output: 'report.html' }, byId('refused')))?.page, 'text/html'],
};

async function overview() {
  const wanted = { ...given(), heat: state.heat, form: 'svg', what: 'overview', slot: 'saved' };
  return (await answered('draw', wanted, byId('refused')))?.picture;
}

async function save(what) {
  const [name, content, type] = await SAVED[what]();
  if (content !== undefined && content !== null) download(name, content, type);
}

async function share() {
  await settle();
  try {
    await navigator.clipboard.writeText(location.href);
    say('The link is copied: it holds the spec, and no server does.');
  } catch {
    say('The link is in the address bar: it holds the spec, and no server does.');
  }
}

function listen() {
  const chosen = () => {
    const [name, variant = ''] = byId('start').value.split('@');
    const known = shelf.get(name);
    if (known) open({ text: known.text, base: byId('start').value, variant });
  };
  byId('start').addEventListener('change', chosen);
  byId('variant').addEventListener('change', ({ target }) => {
    state.variant = target.value;
    seen.fresh = true;
    settle();
    look();
  });
  byId('heat').addEventListener('change', ({ target }) => {
    state.heat = target.value;
    if (seen.cost) show();
  });
  byId('layers').addEventListener('change', ({ target }) => {
    state.layers = target.checked;
    if (seen.cost) show();
  });
  byId('stop').addEventListener('click', () => stop('Stopped. Edit the spec, and it is looked at again.'));
  byId('clear').addEventListener('click', clear);
  byId('share').addEventListener('click', share);
  byId('tidy').addEventListener('click', async () => {
    const found = await answered('format', { text: state.text, file: fileOf() }, byId('refused'));
    if (found && found.text !== state.text) editor.become(found.text);
  });
  for (const each of document.querySelectorAll('[data-save]')) {
    each.addEventListener('click', () => {
      byId('save').open = false;
      save(each.dataset.save).catch((why) => say(why.message, true));
    });
  }
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  for (const each of tabs) {
    each.addEventListener('click', () => tab(each.dataset.tab));
    each.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(each) + step + tabs.length) % tabs.length];
      next.focus();
      tab(next.dataset.tab);
    });
  }
  window.addEventListener('hashchange', async () => {
    const found = await link();
    if (found) open(found);
  });
}

/** What the address asks for; one that can't be read is told, and nothing is lost by it. */
async function link() {
  try {
    return await asked(location.hash, shelf);
  } catch (why) {
    say(`The link can't be read: ${why.message}.`, true);
    return null;
  }
}

async function begin() {
  python = new Python(at('worker.js'), told);
  const found = await fetch(at('shelf.json'));
  shelf = new Map((await found.json()).map((each) => [each.name, each]));
  const known = shelf.get(BEGIN);
  const start = (await link()) ?? kept() ?? { text: known.text, base: BEGIN, variant: '' };
  shelved();
  const asks = {
    complete: (line, character) => (python.ready ? answered('complete', { text: editor.text, file: fileOf(), line, character }) : null),
    hover: (line, character) => (python.ready ? answered('hover', { text: editor.text, file: fileOf(), line, character }) : null),
  };
  byId('editor').replaceChildren();
  editor = editorIn(byId('editor'), start.text, { asks, typed, moved });
  listen();
  open(start);
}

begin().catch((why) => say(String(why), true));
