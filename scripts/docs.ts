/** Writes the documents that are made from data: `node scripts/docs.ts`. Tests compare the files with the data. */
import { writeFileSync } from 'node:fs';
import { renderCatalogueDoc } from '../src/catalogue/doc.ts';
import { renderCompatibility, renderOrderStates } from '../src/provider/klarna/doc.ts';
import { renderScenarios } from '../src/provider/scenarios-doc.ts';

const documents: readonly { path: string; render: () => string }[] = [
  { path: '../docs/catalogue.md', render: renderCatalogueDoc },
  { path: '../docs/compatibility/klarna.md', render: renderCompatibility },
  { path: '../docs/orders.md', render: renderOrderStates },
  { path: '../docs/scenarios.md', render: renderScenarios },
];

for (const { path, render } of documents) {
  writeFileSync(new URL(path, import.meta.url), render());
  console.log(`wrote ${path.replace('../', '')}`);
}
