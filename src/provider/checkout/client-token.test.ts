// Protects: a shopper who has not signed in, or has signed in elsewhere, pays for nobody.
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { contactOfProof, sessionOfToken, signInProof } from './client-token.ts';

const SECRET = createSecretKey('a secret', 'utf8');
const ANOTHER = createSecretKey('another secret', 'utf8');

test('a proof says who signed in, to the page that it was made for and under the secret that made it', async () => {
  await fuzz(
    fc.property(fc.uuid(), fc.uuid(), fc.string({ maxLength: 99 }), (page, other, contact) => {
      const proof = signInProof(page, contact.toWellFormed(), SECRET);
      assert.equal(contactOfProof(proof, page, SECRET), contact.toWellFormed());
      assert.equal(contactOfProof(proof, page, ANOTHER), undefined);
      if (other !== page) assert.equal(contactOfProof(proof, other, SECRET), undefined);
      assert.equal(sessionOfToken(proof, SECRET), undefined);
    }),
    500,
  );
});

test('nothing else is one, and nothing is thrown at', async () => {
  const page = '0190a0b0-0000-7000-8000-000000000000';
  const genuine = signInProof(page, 'alma@email.se', SECRET);
  const changed = fc
    .tuple(fc.nat(genuine.length - 1), fc.constantFrom('A', 'z', '_', '.', ' ', ''))
    .map(([at, letter]) => genuine.slice(0, at) + letter + genuine.slice(at + 1))
    // The last letter of base64 holds bits that mean nothing.
    .filter((proof) => proof.slice(0, -1) !== genuine.slice(0, -1));
  await fuzz(
    fc.property(fc.oneof(fc.string(), changed), (proof) => {
      assert.equal(contactOfProof(proof, page, SECRET), undefined);
    }),
    500,
  );
});
