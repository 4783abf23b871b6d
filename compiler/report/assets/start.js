// Puts it all together. Needs everything before it.

let chapters = [];

/** Bring the page to life. */
function start() {
  share(() => true);
  chapters = [...document.querySelectorAll('.network')].map((element) => new Chapter(element));
  for (const canvas of document.querySelectorAll('.canvas')) movable(canvas);
  for (const chapter of chapters) enliven(chapter);
}

function enliven(chapter) {
  freshen(chapter, chapter.element);
  choosable(chapter);
  warn(chapter);
  searchable(chapter);
  heatable(chapter);
  tabled(chapter);
  chapter.element.querySelector('.expand').addEventListener('click', () => openAll(chapter, true));
  chapter.element.querySelector('.collapse').addEventListener('click', () => openAll(chapter, false));
}

/** What is new in a chapter gets what only scripts give. */
function freshen(chapter, root) {
  offered(chapter, root);
  for (const svg of root.querySelectorAll('.canvas svg')) {
    svg.setAttribute('role', 'group'); // What holds buttons is no image any more.
  }
  for (const tools of root.querySelectorAll('.tools')) tools.hidden = false;
  for (const table of root.querySelectorAll('table.cost')) sortable(table);
}

/** Parts of the page are others now. */
function renew(roots) {
  const isNew = (element) => roots.some((root) => root.contains(element));
  const copies = share(isNew);
  for (const canvas of new Set([...copies, ...roots.flatMap((root) => inside(root, '.canvas'))])) movable(canvas);
  for (const chapter of chapters) {
    const own = (element) => chapter.element.contains(element);
    chapter.renew();
    for (const root of roots.filter(own)) freshen(chapter, root);
    // A picture may have been there before the table of the steps that it shows.
    if (roots.some((root) => own(root) && root.querySelector('table.cost'))) reachable(chapter, chapter.element);
    for (const copy of copies.filter((each) => own(each) && !isNew(each))) freshen(chapter, copy.parentElement);
    warn(chapter);
    for (const act of chapter.again) act();
  }
}

addEventListener('keydown', (event) => {
  if (event.key === 'Escape') deselect();
});
// Older browsers print what is closed as closed.
addEventListener('beforeprint', () => {
  for (const each of document.querySelectorAll('details')) each.open = true;
});
addEventListener('hashchange', () => follow(chapters));
start();
follow(chapters);
