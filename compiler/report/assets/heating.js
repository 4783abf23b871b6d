// Colours by what is asked: the overview has a drawing for each amount, boxes of steps are painted here,
// in steps of 1-2-5 below the most. Needs hearing.js and table.js.

/** Where in a row of the cost table an amount stands. */
const COLUMNS = { params: 3, macs: 5, activations: 7 };
/** Upper bounds as shares of the most, by how dark a box is; 0 is for nothing. */
const SHARES = [0, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1];

/** What each layer costs for one input, and all that it is in: together, or the most of memory. */
function amountsOf(chapter, what) {
  const found = new Map();
  const join = what === 'memory' ? Math.max : (sum, amount) => sum + amount;
  const add = (path, amount) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const outer = path.slice(0, end);
      found.set(outer, join(found.get(outer) ?? 0, amount));
    }
  };
  if (what === 'memory') {
    const { memory } = JSON.parse(chapter.element.querySelector('script.cost').textContent);
    for (const [path, amount] of Object.entries(memory.evaluating)) add(path, amount);
    return found;
  }
  for (const row of chapter.element.querySelectorAll('.cost .of-layer')) {
    const cell = row.cells[COLUMNS[what]];
    add(row.dataset.path, Number(cell.one ?? amountIn(cell)));
  }
  return found;
}

/** The boxes of steps, held against each other; how much the most is. */
function painted(chapter, what) {
  const amounts = what ? amountsOf(chapter, what) : new Map();
  const parts = chapter.parts('box').filter((part) => part.figure.closest('.step'));
  const costs = parts.map((part) => amounts.get(part.paths[0]) ?? 0);
  const most = costs.reduce((a, b) => Math.max(a, b), 0);
  parts.forEach(({ element }, place) => {
    const plainBox = element.querySelectorAll('rect').length === 1;
    element.classList.toggle('heat-text', Boolean(what) && plainBox);
    element.closest('svg').classList.toggle('heated', Boolean(what));
    if (what) element.dataset.heat = String(SHARES.findIndex((share) => costs[place] <= share * most));
    else delete element.dataset.heat;
  });
  return most;
}

/** As drawings say it: `1.4 M`, `14 MB`. */
function amountText(amount, what) {
  const units = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']];
  const [size, letter] = units.find(([least]) => amount >= least) ?? [1, ''];
  const number = (amount / size).toLocaleString('en-US', { maximumSignificantDigits: 3 });
  return `${number} ${letter}${what === 'memory' ? 'B' : ''}`.trim();
}

/** What the colours of the boxes stand for: a patch and an upper bound each. */
function scaleOf(most, what) {
  return SHARES.map((share, level) => {
    const entry = document.createElement('span');
    entry.dataset.heat = String(level);
    entry.textContent = level ? `≤ ${amountText(share * most, what)}` : '0';
    return entry;
  });
}

function heatable(chapter) {
  const choice = chapter.element.querySelector('.heat');
  const scale = chapter.element.querySelector('.scale');
  let last = '';
  const heat = () => {
    const what = choice.value;
    const overviews = [...chapter.element.querySelectorAll('.overview .drawing')];
    const shown = overviews.find((each) => each.dataset.heat === what) ?? overviews[0];
    for (const each of overviews) each.hidden = each !== shown;
    const most = what || last ? painted(chapter, what) : 0;
    last = what;
    scale.replaceChildren(...(what ? ['boxes of steps:', ...scaleOf(most, what)] : []));
  };
  heard(choice, heat);
  chapter.again.push(heat);
}
