// What is heard of fields, however they change. Needs nothing.

/** Act on what a field says: now, as it is typed or chosen, and where the browser puts it back. */
function heard(field, act) {
  let last = null;
  const look = () => {
    if (field.value === last) return;
    last = field.value;
    act();
  };
  for (const kind of ['input', 'change', 'search']) field.addEventListener(kind, look);
  look();
}

addEventListener('pageshow', () => {
  for (const field of document.querySelectorAll('main input, main select')) field.dispatchEvent(new Event('change'));
});
