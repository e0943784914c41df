import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** The same token with other claims or headers, signed by a key that is not ours. */
export async function forge(token: string, claims: JWTPayload = {}, header: object = {}): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'EdDSA', ...header })
    .sign(privateKey);
}

/** The same, with its own public key inside, for whoever trusts a key that comes along. */
export async function forgeWithKeyInside(token: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'EdDSA', jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The same claims under another algorithm, with whatever stands in for a signature. */
export function withAlgorithm(token: string, alg: string, sign: (input: string) => string): string {
  const input = `${encoded({ ...decodeProtectedHeader(token), alg })}.${token.split('.')[1]}`;
  return `${input}.${sign(input)}`;
}

/** Other claims, or another header, under the signature of the real ones. */
export function tampered(token: string, claims: JWTPayload, header: object = {}): string {
  const [, , signature] = token.split('.');
  return `${encoded({ ...decodeProtectedHeader(token), ...header })}.${encoded({ ...decodeJwt(token), ...claims })}.${signature}`;
}
