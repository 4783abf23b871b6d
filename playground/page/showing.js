// The views of a network, and one layer shown in all of them and in the editor.

import { isIn } from '../../compiler/report/assets/paths.js';
import { answered, given, seen, state } from './asking.js';
import { pathAt, pathOn } from './places.js';
import { byId } from './saying.js';
import { costs, draw, lines, mark, placesOf, stepOf } from './views.js';

const views = { overview: [], detail: [], cost: [], source: [] };
let editor = null;

/** Which editor the words of a layer are shown in. */
export function shownIn(one) {
  editor = one;
}

/** Show what is in view, once what it takes from `counting` is there. */
export async function show(counting = null) {
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

export function moved() {
  if (document.documentElement.classList.contains('stale')) return; // Places are of another text.
  const { line, column } = editor.place;
  const path = pathAt(seen.places, line, column) || pathOn(seen.places, line);
  // The cursor within what is chosen already says nothing new.
  if (path && !(isIn(state.path, path) && seen.places[state.path]?.[0] === line)) choose(path, true);
}

export function clear() {
  state.path = '';
  light();
  detail();
}
