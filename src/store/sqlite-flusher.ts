/**
 * Brings commits to disk without holding up the thread that serves requests. SQLite commits into its write-ahead
 * log without waiting for the disk (`synchronous=NORMAL`); here the log is flushed by the system's thread pool, and whoever
 * waits for a commit is told when a flush that began after it has ended. The guarantee is that of `synchronous=FULL`:
 * what was acknowledged is on disk. SQLite itself flushes the log before it copies pages into the main file.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';

export interface Flusher {
  /** Calls `done` when all that is committed by now is on disk, or with the error that prevents it. */
  flush(done: (error?: Error) => void): void;
  close(): void;
}

/** Flushes a write-ahead log. */
export class LogFlusher implements Flusher {
  readonly #fd: number;
  #waiting: ((error?: Error) => void)[] = [];
  #running = false;
  /** After a failed flush nobody knows what is on disk, and a repeat may report success for what was lost. */
  #failed: Error | undefined;

  /** @param path of the log; it must exist and stays the same file while the database is open */
  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
  }

  flush(done: (error?: Error) => void): void {
    if (this.#failed) {
      done(this.#failed);
      return;
    }
    this.#waiting.push(done);
    if (!this.#running) this.#start();
  }

  close(): void {
    closeSync(this.#fd);
  }

  #start(): void {
    const covered = this.#waiting;
    this.#waiting = [];
    this.#running = true;
    fdatasync(this.#fd, (error) => {
      this.#running = false;
      if (error) this.#failed = error;
      for (const done of covered) done(error ?? undefined);
      if (error) this.#failWaiting(error);
      else if (this.#waiting.length > 0) this.#start();
    });
  }

  #failWaiting(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(error);
  }
}

/** For a database in memory, which has no disk to wait for. */
export const NO_FLUSH: Flusher = { flush: (done) => done(), close: () => undefined };
