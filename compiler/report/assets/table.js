// The cost table: sorted, filtered, of steps or layers, for a batch and a size of numbers.
// Needs hearing.js, growing.js, and searching.js for texts as they are searched in.

const NUMBERS = new Intl.NumberFormat('en-US');
/** Columns of words; those behind them are numbers. */
const WORDS = 3;

/** Counts of one input for others: whole numbers of any size, so that they stay exact. */
function scaled(table, batch, bytes) {
  const factors = { input: BigInt(batch), byte: BigInt(bytes) };
  const drawn = { input: 1n, byte: 4n };
  for (const head of table.tHead.querySelectorAll('[data-per]')) {
    const { per } = head.dataset;
    for (const row of [...table.tBodies[0].rows, ...table.tFoot.rows]) {
      const cell = row.cells[head.cellIndex];
      cell.one ??= BigInt(cell.textContent.replaceAll(',', '')) / drawn[per];
      cell.textContent = NUMBERS.format(cell.one * factors[per]);
    }
  }
}

/** A cell as a number: `1,024`, `12.5%`, the first of `3×7`; nothing is 0. */
function amountIn(cell) {
  return Number(cell.dataset.n ?? cell.textContent.replaceAll(',', '').match(/^[\d.]+/)?.[0] ?? 0);
}

/** Sort by a column: what is a number by its value. The order of the network comes back. */
function sorted(body, column, order) {
  const rows = [...body.rows];
  if (!body.order) body.order = rows;
  if (!order) return body.append(...body.order);
  const numbers = column >= WORDS;
  const way = order === 'ascending' ? 1 : -1;
  const key = (row) => (numbers ? amountIn(row.cells[column]) : row.cells[column].textContent);
  const compare = numbers ? (a, b) => a - b : (a, b) => a.localeCompare(b, 'en');
  const keys = new Map(body.order.map((row) => [row, key(row)]));
  return body.append(...[...body.order].sort((a, b) => way * compare(keys.get(a), keys.get(b))));
}

/** Heads of columns as buttons: down, up, and as the network has it. */
function sortable(table) {
  const next = { none: 'descending', descending: 'ascending', ascending: 'none' };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const order = next[head.getAttribute('aria-sort') ?? 'none'];
      for (const other of heads) other.removeAttribute('aria-sort');
      if (order !== 'none') head.setAttribute('aria-sort', order);
      sorted(table.tBodies[0], column, order === 'none' ? '' : order);
    });
  });
}

/** A whole number within a field's limits; null for what is none. */
function whole(input) {
  const value = Number(input.value);
  const fits = input.value && Number.isInteger(value) && value >= Number(input.min) && value <= Number(input.max);
  input.setAttribute('aria-invalid', String(!fits));
  return fits ? value : null;
}

/** What a field takes, and what the table is for until it gets that. */
function wanted(input, last) {
  const [least, most] = [input.min, input.max].map((n) => Number(n).toLocaleString('en-US'));
  const name = input.labels[0].firstChild.textContent.trim();
  return `${name}: a whole number from ${least} to ${most}; the table is for ${last.toLocaleString('en-US')}`;
}

function tabled(chapter) {
  const section = chapter.element.querySelector('.costs');
  const table = () => section.querySelector('.cost');
  const at = (name) => section.querySelector(`.${name}`);
  let shownFor = { batch: 1, bytes: 4 };
  const fill = (wish) => {
    shownFor = wish;
    scaled(table(), wish.batch, wish.bytes);
    remember(chapter, wish.batch, wish.bytes);
  };
  const scale = () => {
    const asked = { batch: whole(at('batch')), bytes: Number(at('bytes').value) };
    at('told').textContent = asked.batch ? '' : wanted(at('batch'), shownFor.batch);
    if (!asked.batch || (asked.batch === shownFor.batch && asked.bytes === shownFor.bytes)) return;
    fill(asked);
  };
  const filter = () => {
    const shown = at('rows').value;
    const wanted = plain(at('filter').value).split(' ').filter(Boolean);
    for (const row of table().tBodies[0].rows) {
      const kind = row.classList.contains('of-step') ? 'steps' : 'layers';
      const right = shown === 'both' || shown === kind;
      row.hidden = !right || (wanted.length > 0 && !matches(plain(row.textContent), wanted));
    }
  };
  for (const name of ['batch', 'bytes']) heard(at(name), scale);
  for (const name of ['rows', 'filter']) heard(at(name), filter);
  copyable(section, table);
  chapter.again.push(() => {
    if (shownFor.batch !== 1 || shownFor.bytes !== 4) fill(shownFor);
    filter();
  });
}
