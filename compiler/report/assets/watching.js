// A page that follows its spec: word of each save comes from where the page does. Needs carrying.js.

const watched = document.querySelector('.watched');

/** What is said is text, whatever stands in it. */
function say(name, text) {
  const place = watched.querySelector(`.${name}`);
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

/** The new overview, before the rest of its page is there. */
function sketch([sheet, svg]) {
  const canvas = document.querySelector(`[data-sheet="${CSS.escape(sheet)}"] .canvas`);
  const drawn = canvas && new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
  if (!drawn) return;
  drawn.style.width = canvas.querySelector('svg').style.width;
  canvas.querySelector('svg').replaceWith(drawn);
}

function stateOf({ page, trouble, built }) {
  if (!trouble) return 'Watching';
  if (built) return 'It can be built, and something is wrong';
  return page ? 'It can\'t be built; below is the last that could' : 'It can\'t be built';
}

async function turn() {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.statusText);
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.title = next.title;
  document.querySelector('footer').replaceWith(next.querySelector('footer'));
  carry(next.querySelector('main'));
  watched.dataset.number = next.querySelector('.watched').dataset.number;
}

/** What is to be shown now; of what comes while a page is being fetched the last counts. */
let latest = null;
let busy = false;

async function show(state) {
  latest = state;
  if (busy) return;
  busy = true;
  try {
    while (latest) {
      const now = latest;
      latest = null;
      if (now.sketch) sketch(now.sketch);
      else if (now.page !== Number(watched.dataset.number)) await turn();
      say('told', now.told.join('\n'));
      say('trouble', now.trouble);
      watched.classList.toggle('wrong', Boolean(now.trouble));
      say('state', stateOf(now));
    }
  } catch {
    away();
  } finally {
    busy = false;
  }
}

function away() {
  say('state', 'Nothing watches the spec any more; below is what was found last');
  watched.classList.add('wrong');
}

const saves = new EventSource('saves');
saves.addEventListener('message', (event) => show(JSON.parse(event.data)));
saves.addEventListener('error', away);
