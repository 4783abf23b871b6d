// Puts it all together. Needs everything before it.

let chapters = [];

/** Bring the parts that are on the page to life; those that were there before are let go. */
function start() {
  life.abort();
  life = new AbortController();
  share();
  chapters = [...document.querySelectorAll('.network')].map((element) => new Chapter(element));
  for (const canvas of document.querySelectorAll('.canvas')) movable(canvas);
  for (const chapter of chapters) enliven(chapter);
  for (const tools of document.querySelectorAll('.tools')) tools.hidden = false;
}

function enliven(chapter) {
  for (const svg of chapter.element.querySelectorAll('.canvas svg')) {
    svg.setAttribute('role', 'group'); // What holds buttons is no image any more.
  }
  choosable(chapter, 'box', true);
  for (const view of ['numbers', 'spec', 'cost', 'source', 'findings', 'charts']) choosable(chapter, view, false);
  openable(chapter);
  warn(chapter);
  searchable(chapter);
  heatable(chapter);
  tabled(chapter);
  chapter.element.querySelector('.expand').addEventListener('click', () => openAll(chapter, true));
  chapter.element.querySelector('.collapse').addEventListener('click', () => openAll(chapter, false));
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
