/** The calls of page and SDK to the server. */

/** The server could not be reached, or could not answer. `status` 0: no answer at all. */
export class CallFailed extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`Kvitt answered ${status}`);
    this.status = status;
  }
}

const PATIENCE_MS = 20_000;

/** @param path below /checkout/api @param body absent: a GET */
export async function callApi<T>(base: string, client_token: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${base}/checkout/api${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${client_token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
    credentials: 'omit',
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new CallFailed(0);
  });
  if (!answer.ok) throw new CallFailed(answer.status);
  return (await answer.json()) as T;
}
