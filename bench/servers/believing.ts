/** In the place of Cybersource's `authenticate.ts`: who sends a request is read as ever, and believed. */
export { readClaim } from '../../src/provider/cybersource/authenticate.ts';
export const refuteProof = (): undefined => undefined;
