/** Small arithmetic of the reports. */

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export const whole = (value: number) => Math.round(value).toLocaleString('en');
export const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0);
export const times = (value: number) => `${value.toFixed(2)} ×`;
export const orDash = (value: number | undefined, show: (value: number) => string) =>
  value === undefined || Number.isNaN(value) ? '–' : show(value);
