/** Kvitt without a file: what a test suite starts for itself. */
import { startProvider } from '../../src/provider/index.ts';

await startProvider({ port: Number(process.env.PORT) });
