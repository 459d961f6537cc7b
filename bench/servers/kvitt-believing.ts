/**
 * Kvitt as `npm start` runs it, but for one thing: it believes every signature. What checking them costs is the difference to the real one.
 * For the benchmark only; nothing that is shipped can be told to do this.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './authenticate.ts' && context.parentURL?.endsWith('/cybersource/face.ts')
      ? next(import.meta.resolve('./believing.ts'), context)
      : next(specifier, context),
});
await import('../../src/cli/kvitt.ts');
