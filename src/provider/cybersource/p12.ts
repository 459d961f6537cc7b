/** A key pair with its certificate in a P12 file, as Cybersource's business center hands it out. */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

export interface MadeP12 {
  /** The serial number in the certificate's subject, which tokens name as `kid`. */
  readonly key_id: string;
  readonly public_key: string;
  /** The file, in base64. It alone has the private key. */
  readonly p12: string;
}

const YEARS = 3;

/**
 * Makes the file. The SDKs find certificate and key in it by the alias, which is the merchant's id.
 * @param now_ms real time, at which the certificate begins
 */
export async function makeP12(merchant_id: string, password: string, now_ms: number): Promise<MadeP12> {
  const [pair, { default: forge }] = await Promise.all([
    promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
    // Loaded for the first file: most installations never make one.
    import('node-forge'),
  ]);
  const privateKey = forge.pki.privateKeyFromPem(String(pair.privateKey.export({ type: 'pkcs1', format: 'pem' })));
  const public_key = String(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const key_id = randomBytes(11).toString('hex').toUpperCase();
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(public_key);
  certificate.serialNumber = `00${randomBytes(8).toString('hex')}`;
  certificate.validity.notBefore = new Date(now_ms);
  certificate.validity.notAfter = new Date(now_ms);
  certificate.validity.notAfter.setUTCFullYear(certificate.validity.notBefore.getUTCFullYear() + YEARS);
  const subject = [
    { name: 'serialNumber', value: key_id },
    { name: 'commonName', value: merchant_id },
  ];
  certificate.setSubject(subject);
  certificate.setIssuer([{ name: 'commonName', value: 'Kvitt' }]);
  certificate.sign(privateKey, forge.md.sha256.create());
  const friendlyName = `serialNumber=${key_id},CN=${merchant_id}`;
  const asn1 = forge.pkcs12.toPkcs12Asn1(privateKey, [certificate], password, { friendlyName, algorithm: '3des' });
  const p12 = Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1').toString('base64');
  return { key_id, public_key, p12 };
}
