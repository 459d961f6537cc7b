/** What Linux tells of a process under /proc. Elsewhere: undefined. */
import { readFileSync } from 'node:fs';

/** Of a second, in /proc/PID/stat; the same on every Linux that Node runs on. */
const TICKS = 100;

/** Processor time that all threads of a process have used. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = readProc(pid, 'stat');
  if (stat === undefined) return undefined;
  // The second field, the name, is in parentheses and may hold anything; the 14th and 15th are user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most memory that a process has had at once (resident), in MB. */
export function peakMemoryMb(pid: number): number | undefined {
  const kb = /^VmHWM:\s+(\d+) kB$/m.exec(readProc(pid, 'status') ?? '')?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
