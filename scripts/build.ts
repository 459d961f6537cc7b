// Builds dist/ for the published package; npm calls it before packing. Working in a clone needs no build.
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

function compile(project: string, ...more: readonly string[]) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '--project', project, ...more], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}

// What browsers get as it is. The compiler leaves it alone.
function copyBrowserFiles() {
  for (const file of globSync('src/**/*.{html,css,svg,d.ts}', { cwd: root }))
    cpSync(join(root, file), join(root, file.replace(/^src/, 'dist')));
}

// The compiler rewrites `./x.ts` to `./x.js` in code but not in declarations, where only it understands `.ts`.
function rewriteDeclarations() {
  for (const file of globSync(join(root, 'dist/**/*.d.ts'))) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/(\bfrom |\bimport\(|^import )(['"])(\.[^'"]*)\.ts\2/gm, '$1$2$3.js$2'));
  }
}

// Leftovers of an earlier build would be published along.
rmSync(join(root, 'dist'), { recursive: true, force: true });
if (compile('tsconfig.build.json') && compile('tsconfig.browser.json', '--noEmit', 'false')) {
  copyBrowserFiles();
  rewriteDeclarations();
} else process.exitCode = 1;
