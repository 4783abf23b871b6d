// Texts as elements. What a spec says is only ever text here, never HTML.

/** An element with attributes and children; a child that is a string is text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== ''));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** What a button says that writes a fix. */
export const offered = ({ text }) => (text.trim() ? `Write ${text.trim()}` : 'Delete it');

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*/g;

/** What the compiler says in plain words, with what stands between backticks as code. */
export const coded = (text) =>
  text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? element('code', {}, part) : part)).filter(Boolean);

/** A line of what the compiler says in Markdown: code and emphasis, the rest as it is. */
function inline(text) {
  const found = [];
  let at = 0;
  for (const hit of text.matchAll(INLINE)) {
    found.push(text.slice(at, hit.index));
    const tag = hit[1] ? 'code' : hit[2] ? 'strong' : 'em';
    found.push(element(tag, {}, hit[1] ?? hit[2] ?? hit[3]));
    at = hit.index + hit[0].length;
  }
  return [...found, text.slice(at)].filter((each) => each !== '');
}

function table(lines) {
  const rows = lines.map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
  const [head, , ...body] = rows;
  const row = (cells, tag) => element('tr', {}, ...cells.map((cell) => element(tag, {}, ...inline(cell))));
  const made = element('table', {}, element('thead', {}, row(head, 'th')));
  made.append(element('tbody', {}, ...body.map((cells) => row(cells, 'td'))));
  return made;
}

/** What hovers and completions say: paragraphs, tables and blocks of code. */
export function spoken(markdown) {
  const said = element('div', { class: 'spoken' });
  for (const part of markdown.split(/\n\n+/)) {
    const lines = part.split('\n');
    if (lines[0].startsWith('```')) {
      said.append(element('pre', {}, lines.slice(1).filter((line) => line !== '```').join('\n')));
    } else if (lines[0].startsWith('|')) said.append(table(lines));
    else said.append(element('p', {}, ...inline(part)));
  }
  return said;
}

const SIZES = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

/** A count to three digits: 23.8 M. */
export function short(count) {
  const size = Math.abs(count);
  for (const [unit, letter] of SIZES) {
    if (size >= unit * 0.9995) return `${Number((count / unit).toPrecision(3))} ${letter}`;
  }
  return String(count);
}

/** Bytes to three digits: 14.2 MiB. */
export function mebi(bytes) {
  const size = bytes / 2 ** 20;
  return `${size < 100 ? size.toPrecision(3) : whole(Math.round(size))} MiB`;
}

export const whole = (count) => count.toLocaleString('en-US');

/** A text whose paragraphs were broken into lines for a terminal, these whole again. */
export const unbroken = (text) => text.replace(/(\S)\n(?=[^\s])/g, '$1 ');

/** What changed from one count to another: `+1.2 M (+5.1 %)`; empty where nothing did. */
export function changed(before, after, write = short) {
  if (before === after || before === null || after === null) return '';
  const sign = after > before ? '+' : '−';
  const share = before ? Math.abs(after / before - 1) * 100 : null;
  const told = share === null ? '' : ` (${sign}${share < 0.1 ? '<0.1' : share.toFixed(1)} %)`;
  return `${sign}${write(Math.abs(after - before))}${told}`;
}
