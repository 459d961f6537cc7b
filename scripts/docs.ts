/** Writes the documents that are made from data: `node scripts/docs.ts`. Tests compare the files with the data. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderCatalogueDoc } from '../src/catalogue/doc.ts';
import { renderCybersource } from '../src/provider/cybersource/doc.ts';
import { renderFaultable } from '../src/provider/faultable.ts';
import { renderCompatibility, renderDisputes, renderOrderStates } from '../src/provider/klarna/doc.ts';
import { renderPurse } from '../src/provider/purse/doc.ts';
import { renderScenarios } from '../src/provider/scenarios-doc.ts';
import { renderStatuses } from '../src/provider/statuses-doc.ts';

/** @param page the document as it is, for those of which only a part is made from data */
const documents: readonly { path: string; render: (page: string) => string }[] = [
  { path: '../docs/catalogue.md', render: renderCatalogueDoc },
  { path: '../docs/compatibility/klarna.md', render: renderCompatibility },
  { path: '../docs/compatibility/purse.md', render: renderPurse },
  { path: '../docs/orders.md', render: renderOrderStates },
  { path: '../docs/disputes.md', render: renderDisputes },
  { path: '../docs/faults.md', render: renderFaultable },
  { path: '../docs/scenarios.md', render: renderScenarios },
  { path: '../docs/compatibility/cybersource.md', render: renderCybersource },
  { path: '../docs/compatibility/statuses.md', render: () => renderStatuses() },
];

for (const { path, render } of documents) {
  const file = new URL(path, import.meta.url);
  writeFileSync(file, render(readFileSync(file, 'utf8')));
  console.log(`wrote ${path.replace('../', '')}`);
}
