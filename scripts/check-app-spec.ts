import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';

/*
 * npm run app-spec -- <schema.json>: holds the specifications for App Platform against a JSON schema (draft 7) of the public
 * definitions. Their references, secrets and sizes are looked at by test/unit/app-spec.test.ts.
 */

const [schemaFile] = process.argv.slice(2);
if (!schemaFile) throw new Error('usage: npm run app-spec -- <schema.json>');
const validate = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
for (const file of ['deploy/app.yaml', 'deploy/app-with-worker.yaml']) {
  // As it is sent: the digest is filled in then.
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const valid = validate(parse(text));
  console.log(`${file}: ${valid ? 'valid' : 'not valid'}`);
  for (const { instancePath, message, params } of validate.errors ?? []) {
    console.log(`  ${instancePath || '/'} ${message} ${JSON.stringify(params)}`);
    process.exitCode = 1;
  }
}
