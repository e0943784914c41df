import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expectedError, npm, timed } from './npm.mjs';

const stampFile = (root) => join(root, 'node_modules', '.installed-from.json');

/** The packages, exactly as package-lock.json names them. */
export const ensureInstall = { isDone: isInstalled, run: install };

/**
 * True when the stamp was written for this lockfile and this kind of machine, and every package folder it names is
 * still there. The stamp is written last, so an interrupted installation has none.
 */
function isInstalled(root) {
  const stamp = readJson(stampFile(root));
  return (
    stamp !== null &&
    stamp.lock === lockDigest(root) &&
    stamp.machine === machine() &&
    (!stamp.pinned || existsSync(nodeLink(root))) &&
    stamp.packages.every((folder) => existsSync(join(root, folder, 'package.json')))
  );
}

function install(root) {
  // Someone ran npm themselves: what they installed is taken if nothing is missing, so that no network is needed.
  if (missingPackages(root).length > 0) {
    rmSync(stampFile(root), { force: true });
    timed('Installing the packages of package-lock.json (about a minute the first time)', 'Installed', () => {
      // dev: the web app is built here, also where NODE_ENV=production would leave its tools out.
      runCi(root, process.execPath);
      if (missingPackages(root).length > 0) withPinnedNode(root, (node) => runCi(root, node));
    });
  }
  const missing = missingPackages(root);
  if (missing.length > 0) {
    throw expectedError(
      `npm ci left packages out (${missing.slice(0, 3).join(', ')}): delete node_modules and run the command again.`,
    );
  }
  const pinned = settleNode(root);
  writeFileSync(
    stampFile(root),
    JSON.stringify({ lock: lockDigest(root), machine: machine(), pinned, packages: wantedPackages(root) }),
  );
}

function runCi(root, node) {
  const flags = [
    '--include=dev',
    '--include=optional',
    '--engine-strict=false',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const status = npm(root, ['ci', ...flags], node);
  if (status !== 0) {
    throw expectedError(
      status === null
        ? 'The installation was interrupted: run the command again to repeat it.'
        : 'npm ci failed (its reason stands above): check the network connection and the free space, and run the command again.',
    );
  }
}

/**
 * npm silently leaves out optional packages whose `engines` do not fit the Node that runs it; under Node 18 those are
 * the native parts of the build tools. By then the pinned Node is there: a copy of it (npm ci deletes the original)
 * repeats the installation.
 */
function withPinnedNode(root, work) {
  const node = pinnedNode(root);
  if (!node) return;
  const folder = mkdtempSync(join(tmpdir(), 'blog-poster-node-'));
  try {
    const copy = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    copyFileSync(node, copy);
    chmodSync(copy, 0o755);
    work(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Makes sure that `node` in npm's scripts is the pinned one. npm 9 (Debian 12) removes the link that it has just made
 * when it tidies up the same package of the other systems. Where the pinned Node does not run at all (it is built for
 * glibc; Alpine has musl) the system's own takes its place if it is new enough. Returns whether the pinned one is used.
 */
function settleNode(root) {
  const node = pinnedNode(root);
  if (!node) return false;
  if (spawnSync(node, ['--version']).status === 0) {
    if (
      !existsSync(nodeLink(root)) &&
      npm(root, ['rebuild', basename(dirname(dirname(node))), '--ignore-scripts', '--loglevel=error']) !== 0
    ) {
      throw expectedError('The pinned Node could not be linked (the reason stands above).');
    }
    return true;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    throw expectedError(
      `The pinned Node does not run on this system, and its own (${process.versions.node}) is too old: install Node 22.18 or newer and run the command again.`,
    );
  }
  for (const name of ['node', 'node.cmd', 'node.ps1'])
    rmSync(join(root, 'node_modules', '.bin', name), { force: true });
  return false;
}

const nodeLink = (root) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

function pinnedNode(root) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const file = join(
    root,
    'node_modules',
    `node-${platform}-${process.arch}`,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  return existsSync(file) ? file : null;
}

/** What of the lockfile is not installed in just that version, by npm's own record of its last complete installation. */
function missingPackages(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const record = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages ?? {};
  return wantedPackages(root).filter(
    (folder) => record[folder]?.version !== wanted[folder].version || !existsSync(join(root, folder, 'package.json')),
  );
}

/** The package folders that an installation on this machine must have. */
function wantedPackages(root) {
  const lock = readJson(join(root, 'package-lock.json'));
  if (!lock)
    throw expectedError('package-lock.json is missing or unreadable: restore it (git checkout package-lock.json).');
  return Object.entries(lock.packages)
    .filter(([folder, entry]) => folder !== '' && !entry.link && isForThisMachine(entry))
    .map(([folder]) => folder);
}

function isForThisMachine(entry) {
  // An optional package without conditions of its own may hang on one that is not for this machine.
  if (entry.optional && !entry.os && !entry.cpu) return false;
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch) && allows(entry.libc, libc());
}

/** npm's rule for `os`, `cpu` and `libc`: a name or a list of names, each of which may be negated with `!`. */
function allows(names, value) {
  if (!names || value === null) return true;
  const list = [names].flat();
  const refused = list.filter((item) => item.startsWith('!')).map((item) => item.slice(1));
  const accepted = list.filter((item) => !item.startsWith('!'));
  return !refused.includes(value) && (accepted.length === 0 || accepted.includes(value));
}

let knownLibc;
function libc() {
  if (process.platform !== 'linux') return null;
  knownLibc ??= process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  return knownLibc;
}

const machine = () => `${process.platform}-${process.arch}`;

function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // Missing, or half-written by something that was interrupted: as good as missing.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error instanceof SyntaxError) return null;
    throw error;
  }
}
