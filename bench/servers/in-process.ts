/** How long a test suite waits for a Klarna of its own: prints milliseconds from the import, and from the process's start. */
const import_ms = performance.now();
const { startProvider } = await import('../../src/provider/index.ts');
const provider = await startProvider();
const listening_ms = performance.now();
await provider.close();
process.stdout.write(JSON.stringify({ from_import_ms: listening_ms - import_ms, from_start_ms: listening_ms }));
