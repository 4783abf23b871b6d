// What is seen of a network: drawings, the cost table, source and comparison.

import { about, isIn, pathOfBox } from '../../compiler/report/assets/paths.js';
import { byId, changed, element, mebi, short, whole } from './saying.js';

/** A drawing as an element; it is read as XML, of which no script is taken over. */
export function drawing(text) {
  const read = new DOMParser().parseFromString(text, 'image/svg+xml');
  const svg = document.importNode(read.documentElement, true);
  if (svg.localName !== 'svg') throw new Error('the drawing could not be read');
  for (const odd of svg.querySelectorAll('script, foreignObject')) odd.remove();
  return svg;
}

/** What stands in a figure: the text that it was drawn from, its element, and the boxes of that. */
const standing = new WeakMap();

/** Put a drawing into a figure, its boxes to be chosen with pointer or keyboard; the same one stays. */
export function draw(figure, text, sheet, known, choose) {
  const old = standing.get(figure);
  if (old?.text === text && old.svg === figure.firstElementChild && old.parts.length) return old.parts;
  const svg = drawing(text);
  const parts = [];
  for (const box of svg.querySelectorAll('g.node')) {
    const path = pathOfBox(box.id, sheet, known);
    if (!path) continue;
    parts.push({ element: box, paths: [path] });
    box.setAttribute('tabindex', '0');
    box.setAttribute('role', 'button');
    box.dataset.path = path;
    box.addEventListener('click', () => choose(path));
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      choose(path);
    });
  }
  // Boxes are buttons, and a picture's own content isn't told.
  if (parts.length) svg.setAttribute('role', 'group');
  const { activeElement } = document;
  const held = figure.contains(activeElement) ? activeElement.id : '';
  figure.replaceChildren(svg);
  if (held) document.getElementById(held)?.focus();
  standing.set(figure, { text, svg, parts });
  return parts;
}

const TOTALS = [
  ['params', 'parameters', short],
  ['macs', 'MACs', short],
  ['activations', 'activations', short],
  ['peak_bytes', 'peak memory', mebi],
];

/** The totals, with what the last edit made of them. */
export function totals(now, before) {
  const cards = TOTALS.map(([key, name, told]) => {
    const change = before ? changed(before[key], now[key], told) : '';
    return element(
      'div', { class: 'total' },
      element('dt', {}, name),
      element('dd', {}, told(now[key]), change ? element('span', { class: 'change' }, ` ${change}`) : null),
    );
  });
  byId('totals').replaceChildren(...cards);
  const told = before
    ? TOTALS.map(([key, name, write]) => [changed(before[key], now[key], write), name]).filter(([change]) => change)
    : [];
  byId('changed').textContent = told.map(([change, name]) => `${name} ${change}`).join(', ');
}

/** The rows of the cost table, by block or by layer. */
export function costs(data, layers, choose) {
  const rows = layers ? data.layers : data.blocks;
  const most = Math.max(1, ...rows.map((row) => row.macs));
  const parts = [];
  const body = rows.map((row) => {
    const name = element('button', { type: 'button', onclick: () => choose(row.path) }, row.path);
    const made = element(
      'tr', {},
      element('th', { scope: 'row' }, name),
      element('td', {}, row.kind),
      element('td', {}, row.out.join('×')),
      element('td', { class: 'number' }, whole(row.params)),
      element('td', { class: 'number' }, whole(row.macs),
        element('meter', { min: 0, max: most, value: row.macs, 'aria-label': `MACs of ${row.path}` })),
      element('td', { class: 'number' }, whole(row.activations)),
    );
    parts.push({ element: made, paths: [row.path] });
    return made;
  });
  byId('rows').replaceChildren(...body);
  return parts;
}

/** The emitted source, each line of a layer to be chosen. */
export function lines(text, paths, choose) {
  const parts = [];
  const made = text.replace(/\n$/, '').split('\n').map((line, index) => {
    const own = paths[index + 1] ?? [];
    const shown = element('span', { class: 'line' }, line || ' ');
    if (own.length) {
      parts.push({ element: shown, paths: own });
      shown.addEventListener('click', () => choose(own[0]));
    }
    return shown;
  });
  byId('lines').replaceChildren(...made);
  return parts;
}

/** Mark what is about a path in one view, and bring it into sight in its own pane. */
export function mark(parts, path, scroll) {
  for (const { element: each } of parts) each.classList.remove('chosen');
  if (!path) return;
  const found = about(path, parts);
  for (const { element: each } of found) each.classList.add('chosen');
  if (scroll && found.length) reveal(found[0].element);
}

function reveal(shown) {
  const pane = shown.closest('.pane');
  if (!pane) return;
  const place = shown.getBoundingClientRect();
  const room = pane.getBoundingClientRect();
  if (place.top >= room.top && place.bottom <= room.bottom) return;
  pane.scrollTop += place.top - room.top - room.height / 3;
}

/** Cards of an overview tell which step a layer is in. */
export const stepOf = (path) => path.split('.')[0];

/** The places in the text of all that is about a path. */
export function placesOf(path, places) {
  if (!path) return [];
  if (places[path]) return [places[path]];
  return Object.keys(places).filter((each) => isIn(each, path)).map((each) => places[each]);
}
