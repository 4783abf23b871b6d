// The page: where a spec comes from, and where it goes.

import { answered, fileOf, isReady, say, seen, startPython, state, stopOrRetry } from './asking.js';
import { editorIn } from './editor.js';
import { choices, look, lookSoon, lookingAt } from './looking.js';
import { byId, element } from './saying.js';
import { addressed, asked, keep, kept, read } from './sharing.js';
import { clear, moved, show, shownIn } from './showing.js';
import { save } from './taking.js';
import { draw } from './views.js';

const ASSETS = new URL('.', import.meta.url);
const at = (name) => new URL(name, ASSETS).href;
const SETTLED = 400; // Milliseconds without a key before a text is kept, and written into the address.
const { begin: BEGIN } = document.documentElement.dataset;

let shelf = new Map();
let editor = null;
let settled = 0;

function typed(text) {
  state.text = text;
  say('');
  lookSoon();
  clearTimeout(settled);
  settled = setTimeout(settle, SETTLED);
}

async function settle() {
  keep(state);
  const hash = await addressed(state, shelf);
  history.replaceState(null, '', hash || location.pathname);
  byId('long').hidden = Boolean(hash);
}

/** Another spec; the way back leads to the one that was there. */
async function begun(spec) {
  await settle();
  history.pushState(null, '', location.href);
  say('');
  open(spec);
}

/** A file of this machine, as the spec. */
async function opened(file) {
  try {
    if (file) await begun({ text: await read(file), base: '', variant: '' });
  } catch (why) {
    say(`${file.name} can't be opened: ${why.message}.`, true);
  }
}

function open({ text, base, variant }) {
  const known = shelf.get(base.split('@')[0]);
  Object.assign(state, { text, base: known ? base : '', variant, path: '' });
  Object.assign(seen, { fresh: true, before: null });
  byId('start').value = state.base;
  choices([...new Set([...(known?.variants.map(({ name }) => name) ?? []), variant])].filter(Boolean));
  editor.open(text);
  settle();
  if (isReady()) look();
  else if (known?.text === text) first(known.name);
}

/** The drawing that was made with the page, until Python makes it. */
async function first(name) {
  const found = await fetch(at(`drawn/${name}.svg`));
  if (found.ok && !isReady()) draw(byId('overview'), await found.text(), `${name}.overview`, new Set(), () => {});
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
  byId('start').addEventListener('change', ({ target: { value } }) => {
    const [name, variant = ''] = value.split('@');
    const known = shelf.get(name);
    if (known) begun({ text: known.text, base: value, variant });
  });
  byId('open').addEventListener('click', () => byId('file').click());
  byId('file').addEventListener('change', async ({ target }) => {
    await opened(target.files[0]);
    target.value = ''; // So that the same file can be chosen again.
  });
  const held = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes('Files');
  window.addEventListener('dragover', (event) => held(event) && event.preventDefault());
  window.addEventListener('drop', (event) => {
    if (!held(event)) return;
    event.preventDefault();
    event.stopPropagation(); // The editor would write it among what is there.
    opened(event.dataTransfer.files[0]);
  }, true);
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
  byId('stop').addEventListener('click', stopOrRetry);
  byId('clear').addEventListener('click', clear);
  byId('share').addEventListener('click', share);
  byId('tidy').addEventListener('click', async () => {
    const found = await answered('format', { text: state.text, file: fileOf() }, byId('refused'));
    if (found && found.text !== state.text) editor.become(found.text);
  });
  // A list that is open closes as menus do: by Escape, and by a click elsewhere.
  const list = byId('save');
  list.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    list.open = false;
    list.firstElementChild.focus();
  });
  document.addEventListener('click', ({ target }) => {
    if (!list.contains(target)) list.open = false;
  });
  for (const each of document.querySelectorAll('[data-save]')) {
    each.addEventListener('click', () => {
      list.open = false;
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
    if (!found) return;
    say('');
    open(found);
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
  startPython(at('worker.js'), () => editor && !seen.looked && look());
  const found = await fetch(at('shelf.json'));
  shelf = new Map((await found.json()).map((each) => [each.name, each]));
  const known = shelf.get(BEGIN);
  const start = (await link()) ?? kept() ?? { text: known.text, base: BEGIN, variant: '' };
  shelved();
  const asks = {
    complete: (line, character) => (isReady() ? answered('complete', { text: editor.text, file: fileOf(), line, character }) : null),
    hover: (line, character) => (isReady() ? answered('hover', { text: editor.text, file: fileOf(), line, character }) : null),
  };
  byId('editor').replaceChildren();
  editor = editorIn(byId('editor'), start.text, { asks, typed, moved });
  shownIn(editor);
  lookingAt(editor);
  listen();
  open(start);
}

begin().catch((why) => say(String(why), true));
