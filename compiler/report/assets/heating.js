// Boxes coloured by what they cost, in steps of 1-2-5 below the most. Needs paths.js.

/** Where in a row of the cost table an amount stands. */
const COLUMNS = { parameters: 3, MACs: 5, activations: 7 };
/** The most, a half, a fifth and so on: how dark a box is, from the darkest. */
const SHARES = [1 / 2, 1 / 5, 1 / 10, 1 / 20, 0];

/** What each layer costs, by path. */
function amountsOf(chapter, what) {
  const found = new Map();
  if (what === 'memory') {
    const data = JSON.parse(chapter.element.querySelector('script.cost').textContent);
    return new Map(Object.entries(data.memory.evaluating));
  }
  for (const row of chapter.element.querySelectorAll('.cost .of-layer')) {
    const amount = Number(row.cells[COLUMNS[what]].dataset.n);
    found.set(row.dataset.path, (found.get(row.dataset.path) ?? 0) + amount);
  }
  return found;
}

/** What a box costs: all that is in it, or the most of that where it is memory. */
function costOf(path, amounts, what) {
  const inside = [...amounts].filter(([own]) => isIn(own, path)).map(([, amount]) => amount);
  return what === 'memory' ? Math.max(0, ...inside) : inside.reduce((sum, amount) => sum + amount, 0);
}

function level(amount, most) {
  return amount ? SHARES.length - SHARES.findIndex((share) => amount > share * most) : 0;
}

/** Cards are held against cards, and boxes against those of all steps. */
function heat(chapter, what) {
  const amounts = what ? amountsOf(chapter, what) : new Map();
  const isCard = (part) => Boolean(part.figure.closest('.overview'));
  for (const cards of [true, false]) {
    const parts = chapter.views.box.filter((part) => isCard(part) === cards);
    const costs = parts.map((part) => costOf(part.paths[0], amounts, what));
    const most = Math.max(0, ...costs);
    parts.forEach(({ element }, place) => {
      const plainBox = element.querySelectorAll('rect').length === 1;
      element.classList.toggle('heat-text', Boolean(what) && plainBox);
      if (what) element.dataset.heat = String(level(costs[place], most));
      else delete element.dataset.heat;
    });
  }
}

function heatable(chapter) {
  const choice = chapter.element.querySelector('.heat');
  const told = chapter.element.querySelector('.heated');
  choice.addEventListener('input', () => {
    heat(chapter, choice.value);
    told.textContent = choice.value && `darker is more ${choice.value}: over 1/20, 1/10, 1/5, 1/2 of the most; `
      + 'legend and numbers in the drawings stay as drawn';
  });
}
