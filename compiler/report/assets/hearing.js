// What is heard while the page is this one, fields among it, however they change. Needs nothing.

/** Ends all that is heard outside of the page's own parts, when these are replaced. */
let life = new AbortController();

/** As `addEventListener` of the window, as long as the parts of the page are these. */
function during(kind, act) {
  addEventListener(kind, act, { signal: life.signal });
}

/** Act on what a field says: now, as it is typed or chosen, and where the browser puts it back. */
function heard(field, act) {
  let last = null;
  const look = () => {
    if (field.value === last) return;
    last = field.value;
    act();
  };
  for (const kind of ['input', 'change', 'search']) field.addEventListener(kind, look);
  during('pageshow', look);
  look();
}
