// Runs before `npm start`, `npm test` and the other scripts, under whatever Node the system has:
//   node scripts/setup.mjs          installs the packages if they are missing or not those of package-lock.json
//   node scripts/setup.mjs --build  and builds the web app if it is missing or older than what it is made of
// This file keeps to syntax and imports that Node 12 understands, so that an old Node ends with a line, not a riddle.

const oldest = [18, 0];
const wanted = [22, 18];
const present = process.versions.node.split('.').map(Number);
const below = (limit) => present[0] < limit[0] || (present[0] === limit[0] && present[1] < limit[1]);

// For these the pinned Node 24 comes as a package (optionalDependencies); elsewhere the system's own has to do.
const pinned = ['linux-x64', 'linux-arm64', 'win32-x64'].indexOf(`${process.platform}-${process.arch}`) !== -1;

function refuse(line) {
  console.error(line);
  process.exitCode = 1;
}

if (below(oldest)) {
  refuse(
    `blog-poster cannot be set up by Node ${process.versions.node}: install Node 24 from https://nodejs.org/ (18 is the oldest that will do) and run the command again.`,
  );
} else if (!pinned && below(wanted)) {
  refuse(
    `blog-poster needs Node 22.18 or newer on ${process.platform}-${process.arch}, this is ${process.versions.node}: install Node 24 from https://nodejs.org/ and run the command again.`,
  );
} else {
  import('./setup/setup.mjs')
    .then((setup) => setup.run(process.argv.slice(2)))
    .catch((error) => refuse(error.expected ? error.message : error.stack));
}
