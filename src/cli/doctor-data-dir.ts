import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { storageError } from '../storage-error.ts';
import type { Finding } from './doctor.ts';

/** Below these the data directory is in danger, or will be soon, in bytes. */
const tooLittleSpace = 200_000_000;
const littleSpace = 2_000_000_000;

/** Looks at an embedded instance's directory: may it be written, who else may read it, and is there room. */
export function inspectDataDir(dataDir: string): Finding[] {
  const check = 'data directory';
  const place = nearestExisting(dataDir);
  try {
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message, hint } = storageError(place, error);
    return [{ check, severity: 'problem', message, hint }];
  }
  const space = statfsSync(place);
  const free = space.bavail * space.bsize;
  const findings: Finding[] = [];
  if (place === dataDir && process.platform !== 'win32' && (statSync(dataDir).mode & 0o077) !== 0) {
    findings.push({
      check,
      severity: 'warning',
      message: `other users of this machine can look into ${dataDir}, which holds the key of your site passwords`,
      hint: `Close it: chmod 700 ${dataDir}`,
    });
  }
  const room = `${(free / 1e9).toFixed(1)} GB free`;
  if (free >= littleSpace) findings.push({ check, severity: 'ok', message: `${dataDir}, ${room}` });
  else {
    findings.push({
      check,
      severity: free < tooLittleSpace ? 'problem' : 'warning',
      message: `${dataDir} has only ${room}`,
      hint: 'Make room on that disk, or set DATA_DIR to a larger one.',
    });
  }
  return findings;
}

/** The directory itself, or where it would be made. */
function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder));
}
