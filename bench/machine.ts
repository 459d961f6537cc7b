/** The machine that the numbers are from. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { emptyFolder } from './data.ts';
import { percentile } from './numbers.ts';
import { notPinned } from './processes.ts';

const FLUSHES = 300;

/** One line: processor, memory, Node, how long this disk takes to hold on to 8 KB, and whether others work here too. */
export function describeMachine(): string {
  const [first] = cpus();
  const flushes = flushTimes();
  const ms = (share: number) => percentile(flushes, share).toFixed(2);
  return [
    `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    `Node ${process.versions.node} on ${process.platform}-${process.arch}`,
    `a write of 8 KB with fdatasync takes ${ms(0.5)} ms (median; p99 ${ms(0.99)} ms)`,
    notPinned ?? 'server on core 0, load on core 1',
    `load average before the run ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ].join('; ');
}

function flushTimes(): number[] {
  const file = openSync(join(emptyFolder('flush'), 'file'), 'w');
  const block = Buffer.alloc(8192, 'x');
  const times = Array.from({ length: FLUSHES }, () => {
    const started_ms = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - started_ms;
  });
  closeSync(file);
  return times;
}
