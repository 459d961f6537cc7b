/** Writes the documents that are made from data: `node scripts/docs.ts`. Tests compare the files with the data. */
import { writeFileSync } from 'node:fs';
import { renderCatalogueDoc } from '../src/catalogue/doc.ts';

const documents: readonly { path: string; render: () => string }[] = [
  { path: '../docs/catalogue.md', render: renderCatalogueDoc },
];

for (const { path, render } of documents) {
  writeFileSync(new URL(path, import.meta.url), render());
  console.log(`wrote ${path.replace('../', '')}`);
}
