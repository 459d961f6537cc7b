/**
 * What the benchmark uses of packages that bring no types. Those published for the load generator are two major versions old
 * and drag in a second copy of Node's types.
 */
declare module 'stripe-stateful-mock' {
  export function createExpressApp(): { listen(port: number, host: string): void };
}

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  namespace autocannon {
    interface Step {
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Called before each request; what it returns is sent. Nothing: the client begins its list of steps again. */
      readonly setupRequest?: (step: Step, context: Record<string, string>) => Step | null;
      readonly onResponse?: (status: number, body: string, context: Record<string, string>) => void;
    }

    interface Options {
      readonly url: string;
      readonly connections: number;
      /** Seconds. */
      readonly duration: number;
      readonly requests: readonly Step[];
    }

    interface Result {
      readonly non2xx: number;
      readonly errors: number;
      readonly timeouts: number;
      readonly resets: number;
    }

    interface Run extends EventEmitter, PromiseLike<Result> {
      on(event: 'response', listener: (client: object, status: number, bytes: number, ms: number) => void): this;
    }
  }

  function autocannon(options: autocannon.Options): autocannon.Run;
  export = autocannon;
}
