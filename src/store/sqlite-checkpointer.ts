/**
 * Copies the write-ahead log into the main file without holding up the thread that serves requests: a worker with
 * a connection of its own copies the bulk while writing goes on; the short rest, and the restart of the log that needs
 * the writer to stand still, are done between two batches.
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** The log is copied once it is this large. Large enough that pages written again and again are copied once. */
const LOG_BYTES = 48 * 1024 * 1024;

/** Pages that may be left for the serving thread to copy: some milliseconds' worth. */
const REST_PAGES = 256;

/** Rounds the worker copies before the serving thread finishes the work whatever is left. */
const ROUNDS_MOST = 8;

/** Commits between two looks at the size of the log. */
const LOOK_EVERY = 64;

interface Copied {
  /** Pages in the log, and how many of them are copied. */
  readonly log: number;
  readonly checkpointed: number;
}

export class Checkpointer {
  readonly #path: string;
  readonly #writer: DatabaseSync;
  #worker: Worker | undefined;
  #busy = false;
  #rounds = 0;
  #commits = 0;

  constructor(path: string, writer: DatabaseSync) {
    this.#path = path;
    this.#writer = writer;
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.#busy || ++this.#commits % LOOK_EVERY !== 0) return;
    if ((statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0) < LOG_BYTES) return;
    this.#busy = true;
    this.#rounds = 0;
    this.#worker ??= this.#start();
    this.#worker.postMessage('copy');
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { checkpoint: this.#path },
      // It holds one statement and no data; without limits it would claim as much memory as the main thread.
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
    });
    worker.unref();
    worker.on('message', (copied: Copied) => this.#copied(copied));
    // Without the worker the log is still copied, by the serving thread.
    worker.on('error', () => this.#restart());
    return worker;
  }

  #copied({ log, checkpointed }: Copied): void {
    if (log - checkpointed > REST_PAGES && ++this.#rounds < ROUNDS_MOST) this.#worker?.postMessage('copy');
    else this.#restart();
  }

  #restart(): void {
    this.#busy = false;
    if (this.#writer.isOpen) this.#writer.exec('PRAGMA wal_checkpoint(RESTART)');
  }
}

/** The worker's side. */
function serve(path: string, port: NonNullable<typeof parentPort>): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA synchronous=FULL');
  const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  port.on('message', () => port.postMessage(copy.get()));
}

const asWorker = workerData as { checkpoint?: string } | null;
if (!isMainThread && parentPort && asWorker?.checkpoint) serve(asWorker.checkpoint, parentPort);
