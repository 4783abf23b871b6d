// Memory for any batch: exact counts of where it begins to grow otherwise, and by how much. Needs nothing.

/** Bytes for a batch; null where that can't be trained. */
function grown(pieces, batch) {
  const [from, size, more] = pieces.findLast(([first]) => first <= batch);
  return size === null ? null : BigInt(size) + BigInt(more) * BigInt(batch - from);
}

/** Bytes for a person and exactly. */
function bytesText(count) {
  const mebibytes = (Number(count) / 2 ** 20).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return `${mebibytes} MiB (${count.toLocaleString('en-US')} bytes)`;
}

/** What the line below the cost table says for a batch and a size of numbers. */
function remember(chapter, batch, bytes) {
  const line = chapter.element.querySelector('.memory');
  const { peak, saved } = JSON.parse(chapter.element.querySelector('script.growth').textContent)[bytes];
  line.querySelector('.for').textContent = `batch ${batch.toLocaleString('en-US')} in numbers of ${bytes} byte${bytes === 1 ? '' : 's'}`;
  line.querySelector('.peak').textContent = bytesText(grown(peak, batch));
  if (!saved) return;
  const kept = grown(saved, batch);
  line.querySelector('.saved').textContent = kept === null ? line.querySelector('.saved').dataset.none : bytesText(kept);
}
