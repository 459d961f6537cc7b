/**
 * What `import 'kvitt/provider'` gives. The server itself is loaded when it is started, with what Node.js compiled of it the last time: a test
 * suite starts a Klarna in each of its processes, and two hundred files would be read anew in each.
 */
import { enableCompileCache } from 'node:module';
import type { Provider, ProviderOptions } from './provider.ts';

export { StoreUnavailable, StoreUnusable } from '../store/store.ts';
export type { AuthorizeResult, FaultOrder, Provider, ProviderOptions } from './provider.ts';

/**
 * Starts a Klarna in this process and resolves when it listens; with nothing said, on a free port, in memory, with one merchant.
 * It turns on Node's compile cache, which lies in the system's folder for temporary files; NODE_DISABLE_COMPILE_CACHE=1 keeps it off.
 * @throws StoreUnusable, or the system's error, when it cannot: the message is one line for the person who started it
 */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  enableCompileCache();
  const provider = await import('./provider.ts');
  return provider.startProvider(options);
}
