/** The parts of a JSON schema that this API's description uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minLength?: number;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** An operation of the API, as openapi.json describes it. */
export interface Operation {
  /** Its operationId. */
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: string;
  access: string | undefined;
  parameters: { name: string; in: string; schema: Schema }[];
  /** Of its JSON body; null when it takes none. */
  body: Schema | null;
}

interface ApiDocument {
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, Schema> };
}
interface DescribedOperation {
  operationId?: string;
  'x-access'?: string;
  parameters?: Operation['parameters'];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

/** A field of a request that names an object. */
export interface IdField {
  in: 'query' | 'body';
  /** The names on the way to it. */
  path: string[];
  /** What kind of object it names: the segment under which the API has those, such as `api-keys`. */
  kind: string;
  many: boolean;
}

/** Every operation of a description, with all references resolved. */
export function operationsOf(document: unknown): Operation[] {
  const { paths, components } = document as ApiDocument;
  const resolve = (schema: Schema): Schema => {
    if (schema.$ref) return resolve(components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
    const all = (list: Schema[] | undefined) => list?.map(resolve);
    return {
      ...schema,
      ...(schema.properties
        ? { properties: Object.fromEntries(Object.entries(schema.properties).map(([k, v]) => [k, resolve(v)])) }
        : {}),
      ...(schema.items ? { items: resolve(schema.items) } : {}),
      ...(schema.anyOf ? { anyOf: all(schema.anyOf) } : {}),
      ...(schema.oneOf ? { anyOf: all(schema.oneOf) } : {}),
      ...(schema.allOf ? { anyOf: all(schema.allOf) } : {}),
    };
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const body = described.requestBody?.content['application/json']?.schema;
      return {
        id: described.operationId ?? `${method} ${path}`,
        method: method.toUpperCase() as Operation['method'],
        path,
        access: described['x-access'],
        parameters: (described.parameters ?? []).map((p) => ({ ...p, schema: resolve(p.schema) })),
        body: body ? resolve(body) : null,
      };
    }),
  );
}

/**
 * The parameters in a path that name an object by its id, each with the kind of object: the segment before it. Others are
 * words that are the same for everyone, and what is found under them is one's own.
 */
export function pathParametersOf({ path }: Operation): { name: string; kind: string }[] {
  const segments = path.split('/');
  return segments.flatMap((segment, index) =>
    /^\{(id|\w+Id)\}$/.test(segment) ? [{ name: segment.slice(1, -1), kind: segments[index - 1] ?? '' }] : [],
  );
}

/** The fields of the query and the body that name objects: by their name (`id`, `…Id`, `…Ids`, `cursor`) or as UUIDs. */
export function idFieldsOf(operation: Operation): IdField[] {
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, schema }) => fieldsIn(operation, 'query', [name], schema));
  return [...query, ...(operation.body ? fieldsIn(operation, 'body', [], operation.body) : [])];
}

function fieldsIn(operation: Operation, place: IdField['in'], path: string[], schema: Schema): IdField[] {
  const name = path.filter((part) => part !== '0').at(-1) ?? '';
  const list = path.at(-1) === '0';
  const found: IdField[] = [];
  const leaf = !schema.properties && !schema.items && !schema.anyOf;
  // Numbers are what a site calls its own: our ids are UUIDs.
  const foreign = schema.type === 'integer' && name !== 'cursor';
  if (
    leaf &&
    !foreign &&
    schema.type !== 'null' &&
    (schema.format === 'uuid' || /^(id|ids|cursor)$|Ids?$/.test(name))
  ) {
    found.push({ in: place, path: list ? path.slice(0, -1) : path, kind: kindOf(operation, name), many: list });
  }
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    found.push(...fieldsIn(operation, place, [...path, key], value));
  }
  if (schema.items) found.push(...fieldsIn(operation, place, [...path, '0'], schema.items));
  for (const part of schema.anyOf ?? []) found.push(...fieldsIn(operation, place, path, part));
  return found;
}

/** `siteId` is of `sites`; an `id` or `cursor` is of what the path is about. */
function kindOf({ path }: Operation, name: string): string {
  const own = path.split('/').findLast((segment) => !segment.startsWith('{')) ?? '';
  if (/^(ids?|cursor)$/.test(name)) return own;
  const words = name.replace(/Ids?$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return words.endsWith('y') ? `${words.slice(0, -1)}ies` : `${words}s`;
}

/** Texts that one or another pattern of the API takes. */
const candidates = ['A wall of glass', 'en', 'offline', '1', 'https://wall.example/', 'wall', 'UTC'];
const byFormat: Record<string, () => string> = {
  uuid: () => crypto.randomUUID(),
  email: () => `wall-${crypto.randomUUID()}@example.com`,
  uri: () => 'https://wall.example/',
  'date-time': () => '2099-01-01T00:00:00Z',
  date: () => '2099-01-01',
};
/** What a name asks for that the schema does not say, because the rule is code. */
const byName: Record<string, unknown> = {
  url: 'http://127.0.0.1:9/',
  password: 'another long enough passphrase',
  timeZone: 'Europe/Berlin',
  email: () => byFormat.email?.(),
};

/** A value that a schema takes: what is required in it, and nothing else; of alternatives the first. */
export function sampleOf(schema: Schema, name = ''): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const named = byName[name];
  if (named !== undefined) return typeof named === 'function' ? named() : named;
  if (schema.default !== undefined) return schema.default;
  if (schema.anyOf) return sampleOf(schema.anyOf[0] ?? {}, name);
  const type = [schema.type ?? 'object'].flat()[0];
  if (type === 'object') {
    const required = schema.required ?? [];
    return Object.fromEntries(required.map((key) => [key, sampleOf(schema.properties?.[key] ?? {}, key)]));
  }
  if (type === 'array') {
    return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
  }
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (type === 'boolean') return false;
  if (type === 'null') return null;
  const formatted = byFormat[schema.format ?? '']?.();
  if (formatted !== undefined) return formatted;
  const pattern = new RegExp(schema.pattern ?? '');
  const text = candidates.find((value) => pattern.test(value) && value.length >= (schema.minLength ?? 0));
  if (text === undefined)
    throw new Error(`no sample for ${name}: ${JSON.stringify(schema)}; add one to ${import.meta.url}`);
  return text;
}

/** `value` with what `path` names set to `to`; a missing part on the way is sampled from the schema. */
export function withField(schema: Schema, value: unknown, path: string[], to: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return to;
  if (schema.anyOf) {
    const fits = schema.anyOf.find((part) => part.properties?.[name] || (name === '0' && part.items)) ?? {};
    return withField(fits, isObject(value) ? value : sampleOf(fits), path, to);
  }
  if (name === '0') {
    const list = Array.isArray(value) ? value : [];
    const items = schema.items ?? {};
    return [withField(items, list[0] ?? sampleOf(items), rest, to), ...list.slice(1)];
  }
  const part = schema.properties?.[name] ?? {};
  const object = isObject(value) ? value : {};
  return { ...object, [name]: withField(part, object[name] ?? sampleOf(part, name), rest, to) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
