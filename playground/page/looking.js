// Looking at a text as it is typed: what it comes to, and what is wrong with it.

import { answered, fileOf, given, say, seen, state } from './asking.js';
import { problems } from './problems.js';
import { byId, element, unbroken } from './saying.js';
import { show } from './showing.js';
import { totals } from './views.js';

const PAUSE = 20; // Milliseconds without a key before a text is looked at.
let editor = null;
let pause = 0;

/** Which editor the text is in: findings are shown there. */
export function lookingAt(one) {
  editor = one;
}

/** Look once nothing more is typed. */
export function lookSoon() {
  clearTimeout(pause);
  pause = setTimeout(look, PAUSE);
}

/** All is asked at once, so that Python never waits for the page: figures, what is in view, findings. */
export async function look() {
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
  const told = check.summary.split('\n').map((line) => element('span', { class: line.startsWith(' ') && 'fact' }, line));
  byId('summary').replaceChildren(...told);
  if (!check.builds) return;
  const { variant } = state;
  choices(check.variants);
  if (variant === state.variant) return;
  say(`There is no variant ${variant}: the spec is shown as it is written.`, true);
  look();
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
  return unbroken(found?.text ?? '');
}

/** Which variants there are to choose from. */
export function choices(variants) {
  const field = byId('variant');
  const names = ['', ...variants];
  if (!names.includes(state.variant)) state.variant = '';
  field.replaceChildren(...names.map((name) => element('option', { value: name }, name || 'as written')));
  field.value = state.variant;
  byId('variants').hidden = variants.length === 0;
}
