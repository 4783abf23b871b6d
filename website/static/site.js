// What can be scrolled can be reached with the keyboard, and the two sides of a page have names.
addEventListener('DOMContentLoaded', () => {
  for (const each of document.querySelectorAll('pre, .table-wrapper')) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
  }
  const names = { 'sidebar-drawer': 'Contents of the site', 'toc-drawer': 'Contents of the page' };
  for (const [kind, name] of Object.entries(names)) {
    document.querySelector(`.${kind}`)?.setAttribute('aria-label', name);
  }
});
