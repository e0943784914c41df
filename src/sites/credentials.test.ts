import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { openCredential, sealCredential } from './credentials.ts';

const secrets = { appSecret: 'one secret of at least thirty-two characters' };
const id = '0199aaaa-0000-7000-8000-000000000001';
const password = 'eD7YhjRaHE5iVD2EwrRdcZRü';
const sealed = () => ({ id, name: 'Bakery', ...sealCredential(secrets, id, password) });

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was opened');
}

describe('the stored password of a site', () => {
  it('opens to what was sealed, and shows nothing of it', () => {
    const site = sealed();
    expect(openCredential(secrets, site)).toBe(password);
    const stored = Buffer.from(site.credential, 'base64url').toString('latin1');
    expect(stored).not.toContain('eD7Yhj');
  });

  it('is sealed differently each time, under the same key id', () => {
    const [one, two] = [sealed(), sealed()];
    expect(one.credential).not.toBe(two.credential);
    expect(one.credentialKeyId).toBe(two.credentialKeyId);
    expect(one.credentialKeyId).not.toContain(secrets.appSecret.slice(0, 8));
  });

  it('stays shut when any byte of it is changed', () => {
    const site = sealed();
    const bytes = Buffer.from(site.credential, 'base64url');
    for (const position of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed.readUInt8(position) + 1) % 256, position);
      const error = refusal(() => openCredential(secrets, { ...site, credential: changed.toString('base64url') }));
      expect(error.code).toBe('secret_unreadable');
    }
  });

  it('stays shut when it is cut short or empty', () => {
    const site = sealed();
    for (const credential of ['', site.credential.slice(0, 10), site.credential.slice(0, -4)]) {
      expect(refusal(() => openCredential(secrets, { ...site, credential })).code).toBe('secret_unreadable');
    }
  });

  it('stays shut in the row of another site', () => {
    const other = { ...sealed(), id: '0199aaaa-0000-7000-8000-000000000002' };
    expect(refusal(() => openCredential(secrets, other)).code).toBe('secret_unreadable');
  });

  it('stays shut under another APP_SECRET and says that this is the reason', () => {
    const other = { appSecret: 'another secret of at least 32 characters' };
    const error = refusal(() => openCredential(other, sealed()));
    expect(error.code).toBe('secret_unreadable');
    expect(error.message).toContain('another APP_SECRET');
    // Even with the key id of the row forged, the key itself does not fit.
    const forged = { ...sealed(), credentialKeyId: sealCredential(other, id, '').credentialKeyId };
    expect(refusal(() => openCredential(other, forged)).code).toBe('secret_unreadable');
  });
});
