/** The `kvitt` command as a process of its own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after } from 'node:test';

const KVITT = join(import.meta.dirname, 'kvitt.ts');

export interface Ended {
  /** The exit code; null when a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a failed test leaves running would keep its file from ending. */
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** A running command, with what it has said so far. */
export class Command {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  #told: (() => void)[] = [];

  /** @param env beside the path: nothing of the caller's environment reaches the command */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = process.cwd()) {
    const flags = ['--disable-warning=ExperimentalWarning'];
    this.#child = spawn(process.execPath, [...flags, KVITT, ...args], { cwd, env: { PATH: process.env.PATH, ...env } });
    running.add(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stdout += chunk;
      this.#tell();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk;
    });
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#tell();
      running.delete(this.#child);
      return { code: code as number | null, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** What it has printed, once that holds `words`. Rejects when it ends without. */
  async says(words: string): Promise<string> {
    while (!this.#stdout.includes(words)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`ended without saying "${words}": ${this.#stdout}${this.#stderr}`);
      await new Promise<void>((resolve) => this.#told.push(resolve));
    }
    return this.#stdout;
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  #tell(): void {
    const told = this.#told;
    this.#told = [];
    for (const resolve of told) resolve();
  }
}

/** Runs a command to its end. */
export function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Command(args, env).ended;
}
