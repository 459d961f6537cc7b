// `npm run check`: everything that can be said about the code without running it. One line per tool;
// a tool's own words appear only when it objects.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '..');

// The files behind the commands, not the links in .bin: they run under this very Node on every platform.
const tools = [
  { name: 'types', command: ['typescript/bin/tsc', '--noEmit'] },
  { name: 'types in the browser', command: ['typescript/bin/tsc', '--noEmit', '--project', 'tsconfig.browser.json'] },
  { name: 'lint and format', command: ['@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '--colors=off'] },
  { name: 'arrows', command: ['dependency-cruiser/bin/dependency-cruiser.mjs', 'src', 'scripts', 'bench', 'fidelity'] },
  { name: 'unused', command: ['knip/bin/knip.js', '--no-progress'] },
];

async function check({ name, command: [file = '', ...args] }: (typeof tools)[number]) {
  const started = performance.now();
  const child = spawn(process.execPath, [join(root, 'node_modules', file), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  return { name, seconds, ok: code === 0, details: `${stdout}${stderr}`.trim() };
}

const results = await Promise.all(tools.map(check));
for (const { name, seconds, ok, details } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
  if (!ok) console.log(`\n${details}\n`);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
