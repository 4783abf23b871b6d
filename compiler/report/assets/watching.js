// A page that follows its spec: word of each save comes from where the page does. Needs carrying.js.

const watched = document.querySelector('.watched');

/** What is said is text, whatever stands in it. */
function say(name, text) {
  const place = watched.querySelector(`.${name}`);
  if (place.textContent !== text) place.textContent = text;
  place.hidden = !text;
}

function stateOf({ number, trouble, built }) {
  if (!trouble) return 'Watching';
  if (built) return 'It can be built, and something is wrong';
  return number ? 'It can\'t be built; below is the last that could' : 'It can\'t be built';
}

async function turn() {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok) throw new Error(answer.statusText);
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.title = next.title;
  document.querySelector('footer').replaceWith(next.querySelector('footer'));
  carry([[document.querySelector('main'), next.querySelector('main')]], start);
  watched.dataset.number = next.querySelector('.watched').dataset.number;
}

/** Whether pieces are in their places; where that went wrong the whole page mends it. */
function exchanged(anew) {
  try {
    return exchange(anew);
  } catch (error) {
    console.error(error);
    return false;
  }
}

/** What is to be shown, in the order in which it came. */
const states = [];
let busy = false;

async function show(state) {
  states.push(state);
  if (busy) return;
  busy = true;
  try {
    while (states.length) {
      const now = states.shift();
      if (now.number > Number(watched.dataset.number)) {
        if (now.anew && exchanged(now.anew)) watched.dataset.number = now.number;
        else await turn();
      }
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

const saves = new EventSource(`saves?since=${watched.dataset.number}`);
saves.addEventListener('message', (event) => show(JSON.parse(event.data)));
saves.addEventListener('error', away);
