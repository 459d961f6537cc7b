/**
 * Codes that Kvitt's own server answers and no document of Klarna's lists. A real Klarna may answer the first two cases
 * with another code or with no JSON at all, so clients should look at the HTTP status.
 */
import type { EntryRow } from './entry.ts';
import { by, SESSION } from './provoke.ts';

export const kvittCodes = [
  {
    code: 'METHOD_NOT_ALLOWED',
    title: 'Path known, method not',
    levels: ['error'],
    frequency: 'rare',
    tier: 'T0',
    http: [405],
    happened: 'The path exists, but not with this HTTP method.',
    actor: 'integration',
    action:
      'Use the method of the API description: Klarna Payments updates a session by POST, Order Management an order by PATCH.',
    retry: 'after-fixing-the-request',
    provoke: by('PUT /payments/v1/sessions'),
  },
  {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    title: 'Body is not declared as JSON',
    levels: ['error'],
    frequency: 'rare',
    tier: 'T0',
    http: [415],
    happened: 'Content-Type names something other than JSON.',
    actor: 'integration',
    action: 'Send Content-Type: application/json.',
    retry: 'after-fixing-the-request',
    provoke: by(`${SESSION} as text/plain`),
  },
  {
    code: 'NOT_IMPLEMENTED',
    title: 'Not built in Kvitt',
    levels: ['info', 'error'],
    frequency: 'occasional',
    tier: 'T0',
    http: [501],
    happened:
      'Klarna has this operation, Kvitt does not have it yet and says so rather than pretend. The live API never answers this.',
    actor: 'integration',
    action:
      "See the compatibility tables for what is there; test this operation against Klarna's playground until then.",
    retry: 'never',
    provoke: by('GET /merchantcard/v3/promises/<promise_id>'),
  },
] as const satisfies readonly EntryRow[];
