// The files of a drop. A folder stands for the files in it, one level deep, without hidden ones.
export async function dropped(transfer) {
  // All at once: after the event the list is empty.
  const found = [...transfer.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
  const files = found.map(([entry, file]) => (entry?.isDirectory ? inside(entry) : [file]));
  return (await Promise.all(files)).flat();
}

async function inside(folder) {
  const reader = folder.createReader();
  const entries = [];
  // It gives some at a time, and none at the end.
  for (let some = [0]; some.length > 0; entries.push(...some)) {
    some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  }
  const wanted = entries.filter(({ isFile, name }) => isFile && !name.startsWith("."));
  return Promise.all(wanted.map((entry) => new Promise(entry.file.bind(entry))));
}
