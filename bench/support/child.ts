import { measures } from '../measures.ts';

/** The process in which one measure runs: its outcome goes to the parent as a message. */
const [name = '', quick] = process.argv.slice(2);
const measure = await measures[name]?.load();
if (!measure) throw new Error(`no measure ${name}`);
process.send?.(await measure({ quick: quick === 'true' }));
process.disconnect();
